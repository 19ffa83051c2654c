"""aiohttp's server with limits, so that unauthenticated requests cost little and delay no others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

import structlog
from aiohttp import web

# How long the rest of a refused body is read and discarded. Otherwise the sender may get a reset
# instead of the response: https://www.rfc-editor.org/rfc/rfc9112#section-9.6
LINGER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What strangers may take: bytes of a body, seconds for headers and for a body, connections at a time.

    A press brings the pressed message back with all its text, which may be 12,000 characters; one outside
    ASCII takes eight bytes (`%5Cu2588`), an emoji sixteen. `untrusted` stays well below 1,024, the usual
    limit of a process's open files: a process that reaches it accepts nothing for a second.
    """

    body_bytes: int = 262_144
    header_seconds: float = 5.0
    body_seconds: float = 5.0
    untrusted: int = 512


class Refusal(Enum):
    """Why a request is refused: the HTTP status and the response text."""

    BROKEN = (400, "The request is not valid HTTP, or it ended early.")
    MALFORMED = (400, "The body is signed, but it is not a payload of Slack.")
    UNSIGNED = (401, "The signature is missing or wrong, or it is older than five minutes.")
    NO_SUCH_PATH = (404, "Nothing is here.")
    NOT_A_POST = (405, "Only POST is answered here.")
    TOO_SLOW = (408, "The body did not come in time.")
    TOO_LARGE = (413, "The body is too large.")

    def response(self) -> web.Response:
        """Return the response, which closes the connection."""
        status, sentence = self.value
        headers = {"Allow": "POST"} if self is Refusal.NOT_A_POST else None
        return close_connection(web.Response(status=status, text=f"{sentence}\n", headers=headers))

    def log(self) -> None:
        """Log one line without any content of the request."""
        structlog.get_logger("http").warning(
            "request refused", status=self.value[0], reason=self.name.lower()
        )


def close_connection(response: web.Response) -> web.Response:
    """Return the response, set to close its connection.

    Each connection carries one request. On a kept connection, a request that a proxy sends just as the
    server closes it would be lost, and Slack does not repeat commands.
    """
    response.force_close()
    return response


async def read_body(request: web.BaseRequest, limits: HttpLimits) -> bytes | Refusal:
    """Return the whole body, or why it could not be read."""
    if (request.content_length or 0) > limits.body_bytes:
        return Refusal.TOO_LARGE
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limits.body_bytes:
                    return Refusal.TOO_LARGE
    except TimeoutError:
        return Refusal.TOO_SLOW
    except (web.RequestPayloadError, OSError):
        return Refusal.BROKEN
    return bytes(body)


class LimitedServer(web.Server):
    """A server that gives strangers only so many connections at a time.

    One too many closes the oldest that is not trusted yet. So half-open connections can fill the server,
    but they cannot keep a request of Slack out of it.
    """

    def __init__(
        self, answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], limits: HttpLimits
    ) -> None:
        super().__init__(answer)
        self._limits = limits
        self._untrusted: dict[web.RequestHandler, asyncio.Transport] = {}  # oldest first

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of one new connection."""
        return _Connection(
            self,
            loop=asyncio.get_running_loop(),
            # aiohttp also uses this as the time limit for the headers.
            keepalive_timeout=self._limits.header_seconds,
            lingering_time=LINGER_SECONDS,
            # A few compressed bytes can become gigabytes, and Slack compresses nothing.
            auto_decompress=False,
            access_log=None,  # type: ignore[arg-type]  # aiohttp accepts None for no access log
        )

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        """Register a connection, and close the oldest untrusted one if there are too many."""
        super().connection_made(handler, transport)
        self._untrusted[handler] = transport
        if len(self._untrusted) > self._limits.untrusted:
            self._untrusted.pop(next(iter(self._untrusted))).abort()

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        """Unregister a connection."""
        super().connection_lost(handler, exc)
        self._untrusted.pop(handler, None)

    def trust(self, handler: web.RequestHandler) -> None:
        """Keep this connection, which Slack has proved to be its own, until it is answered."""
        self._untrusted.pop(handler, None)


class _Connection(web.RequestHandler):
    """One connection. Invalid HTTP is refused and logged without a traceback that would quote it."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the response to bytes that are no valid HTTP. Other errors are bugs, logged in full."""
        if status != Refusal.BROKEN.value[0]:
            return super().handle_error(request, status, exc, message)
        Refusal.BROKEN.log()
        return Refusal.BROKEN.response()
