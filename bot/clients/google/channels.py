"""gRPC transport: one channel per address, opened on first use.

The wrappers, pagers and interceptors of Google's own clients cost two thirds of a scan's CPU time.
The headers and credentials that they send (routing, client versions) are added here.
"""

from __future__ import annotations

import asyncio
import functools
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from bot.clients.google.methods import METHODS, Api, Method
from bot.clients.google.retry import with_retry
from bot.settings import Google

# The raw message classes of a request and its response; the latter is None for bytes.
_Messages: TypeAlias = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class _Stub:
    """One method on one channel; `make` creates its request, `header` names the client and its versions."""

    call: Any
    make: Any
    header: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _LoopState:
    """The open channels of one event loop; a channel only works in the loop that opened it."""

    channels: dict[str, Any] = field(default_factory=dict)
    stubs: dict[tuple[Method, str], _Stub] = field(default_factory=dict)
    open_lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class GoogleTransport:
    """Calls Google's services; each event loop has its own channels.

    An `http://` address (which the settings allow on this machine only) gets an unencrypted channel without
    credentials, any other address TLS and the application default credentials. Every call raises
    `grpc.aio.AioRpcError`, or `google.auth.exceptions.GoogleAuthError` when there are no credentials.
    """

    def __init__(self, settings: Google) -> None:
        self.project = settings.project
        self._addresses = {
            "aiplatform": settings.aiplatform_endpoint,
            "run": settings.run_endpoint,
            "build": settings.build_endpoint,
            "logging": settings.logging_endpoint,
        }
        self._messages: dict[Method, _Messages] = {}
        self._loops: dict[asyncio.AbstractEventLoop, _LoopState] = {}
        self._credentials: Any = None

    async def ask(self, method: Method, region: str, fields: Mapping[str, Any], *, timeout: float) -> Any:
        """Send one request made of `fields` once; return the raw response within `timeout` seconds."""
        stub = await self._stub(method, region)
        routing = method.header(fields)
        metadata = (stub.header, ("x-goog-request-params", routing)) if routing else (stub.header,)
        return await stub.call(stub.make(**fields), timeout=timeout, metadata=metadata)

    async def read(
        self, method: Method, region: str, fields: Mapping[str, Any], *, deadline: float, first_pause: float
    ) -> Any:
        """Send one read-only request; return the raw response.

        Transient failures are retried until `deadline`.
        """
        ask = functools.partial(self.ask, method, region, fields, timeout=deadline)
        until = asyncio.get_running_loop().time() + deadline
        return await with_retry(ask, first_pause=first_pause, until=until)

    async def rows(
        self,
        method: Method,
        region: str,
        fields: Mapping[str, Any],
        *,
        deadline: float,
        first_pause: float,
        limit: int | None = None,
    ) -> list[Any]:
        """Return the raw rows of a listing from all pages, or from the first pages that hold `limit` rows.

        Pages are read one after the other, each with one `read`.
        """
        found: list[Any] = []
        token = ""
        while True:
            page = await self.read(
                method, region, {**fields, "page_token": token}, deadline=deadline, first_pause=first_pause
            )
            found += getattr(page, method.rows)
            token = page.next_page_token
            if not token or (limit is not None and len(found) >= limit):
                return found

    async def warm(self, regions: Iterable[str]) -> None:
        """Import all message classes in a thread and start connecting, to speed up the first scan."""
        places = tuple(regions)
        for method in METHODS:
            for region in places:
                await self._stub(method, region)
        for channel in tuple(self._current_loop().channels.values()):
            channel.get_state(try_to_connect=True)
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Close all channels of the running event loop; calls in flight end with an error."""
        state = self._loops.pop(asyncio.get_running_loop(), _LoopState())
        for channel in state.channels.values():
            await channel.close()

    def addresses(self) -> frozenset[str]:
        """Return the addresses to which this event loop has a channel."""
        return frozenset(self._current_loop().channels)

    def _current_loop(self) -> _LoopState:
        loop = asyncio.get_running_loop()
        if loop not in self._loops:
            for over in [known for known in tuple(self._loops) if known.is_closed()]:
                self._loops.pop(over, None)
            self._loops[loop] = _LoopState()
        return self._loops[loop]

    def _address(self, api: Api, region: str) -> str:
        return (self._addresses[api.setting] or f"https://{api.host}").replace("{region}", region)

    async def _stub(self, method: Method, region: str) -> _Stub:
        address = self._address(method.api, region)
        state = self._current_loop()
        return state.stubs.get((method, address)) or await self._open(state, method, address)

    async def _open(self, state: _LoopState, method: Method, address: str) -> _Stub:
        async with state.open_lock:
            if method not in self._messages:
                self._messages[method] = await asyncio.to_thread(method.load)
            plaintext = address.startswith("http://")
            if self._credentials is None and not plaintext:
                self._credentials = await asyncio.to_thread(default_credentials)
            if address not in state.channels:
                state.channels[address] = open_channel(address, None if plaintext else self._credentials)
            if (method, address) not in state.stubs:
                state.stubs[method, address] = _stub(state.channels[address], method, *self._messages[method])
            return state.stubs[method, address]


def _stub(channel: Any, method: Method, request: Any, answer: Any) -> _Stub:
    call = channel.unary_unary(
        method.path,
        request_serializer=request.SerializeToString,
        response_deserializer=None if answer is None else answer.FromString,
    )
    return _Stub(call, request, client_header())


# https://docs.cloud.google.com/docs/authentication#scopes
_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)

# A dead connection is closed after 10 s without an acknowledgement instead of after many
# minutes, a refused one is retried within 5 s instead of two minutes, and pages of any length are read
# (https://grpc.github.io/grpc/core/group__grpc__arg__keys.html).
_CHANNEL_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.keepalive_time_ms", 300_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 5_000),
)
_TLS_PORT = 443


def default_credentials() -> Any:
    """Return the application default credentials (blocking).

    Raise `google.auth.exceptions.GoogleAuthError`.
    """
    import google.auth  # noqa: PLC0415 - importing it at start-up would delay the first ack

    credentials, _project = google.auth.default(scopes=_SCOPES)
    # Self-signed tokens of a service account's key need no token server.
    signing = getattr(credentials, "with_always_use_jwt_access", None)
    return credentials if signing is None else signing(True)


def open_channel(address: str, credentials: Any) -> Any:
    """Return a TLS channel to `https://host[:port]`, or without credentials a plain one to `http://host:port`."""
    import grpc.aio  # noqa: PLC0415 - as above

    place = urlsplit(address)
    if credentials is None:
        return grpc.aio.insecure_channel(place.netloc, options=_CHANNEL_OPTIONS)
    from google.api_core.grpc_helpers_async import create_channel  # noqa: PLC0415 - as above

    host = place.netloc if place.port else f"{place.netloc}:{_TLS_PORT}"
    return create_channel(host, credentials=credentials, scopes=_SCOPES, options=_CHANNEL_OPTIONS)


def client_header() -> tuple[str, str]:
    """Return the header with which Google's clients report their versions."""
    import google.protobuf  # noqa: PLC0415 - as above
    import grpc  # noqa: PLC0415 - as above

    versions = (
        f"gl-python/{platform.python_version()} grpc/{grpc.__version__} pb/{google.protobuf.__version__}"
    )
    return "x-goog-api-client", versions
