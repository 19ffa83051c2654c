"""Fallback rules for exception classes that mean a network failure or a timeout."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

NETWORK_CLASSES = (
    Rule(
        id="network.class",
        category=Category.NETWORK,
        exceptions=(
            "ConnectionError",
            "ConnectionRefusedError",
            "ConnectionResetError",
            "ConnectionAbortedError",
            "BrokenPipeError",
            "MaxRetryError",
            "ConnectTimeout",
            "ReadTimeout",
            "ReadTimeoutError",
            "ConnectTimeoutError",
            "NewConnectionError",
            "SSLError",
            "URLError",
            "gaierror",
            "ConnectError",
            "RemoteProtocolError",
            "FSTimeoutError",
            "httpx.ReadError",
            "httpx2.ReadError",
            "ClientConnectorError",
            "ClientConnectionError",
            "ServerDisconnectedError",
            "ServerTimeoutError",
            "ClientOSError",
            "ClientPayloadError",
            "ProxyError",
            "ChunkedEncodingError",
            "IncompleteRead",
            "RemoteDisconnected",
            "exceptions.RetryError",
            "LocalEntryNotFoundError",
            "TransportError",
            "OfflineModeIsEnabled",
            "EndpointConnectionError",
            "ConnectionTimeout",
            "APIConnectionError",
            "socket.timeout",
            "PoolTimeout",
            "httpx.TimeoutException",
        ),
        advice=(
            "The network failed between the job and the server named in the line: launch again and check "
            "the way out if it repeats."
        ),
        specificity=Specificity.CLASS,
        samples=("httpx.ConnectError: All connection attempts failed",),
    ),
    Rule(
        id="timeout.class",
        category=Category.TIMEOUT,
        exceptions=(
            "TimeoutError",
            "TimeoutExpired",
            "TimeoutException",
            "FunctionTimedOut",
            "DeadlineExceeded",
            "asyncio.TimeoutError",
            "exceptions.Timeout",
            "filelock.Timeout",
            "_error.Timeout",
        ),
        advice=(
            "Something took longer than the program was ready to wait: see what it waited for and raise "
            "that timeout."
        ),
        specificity=Specificity.CLASS,
        samples=("subprocess.TimeoutExpired: Command 'gsutil rsync' timed out after 600 seconds",),
        counters=("ConnectionError: x",),
    ),
)
