"""From an address to an answer: one channel for each address, opened when it is first needed.

Google's own clients stand between their caller and gRPC with wrappers, pagers and interceptors that cost
two thirds of a scan's CPU; what they add over the wire (routing, who calls, credentials) is added here.
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
from bot.clients.google.retry import tried
from bot.settings import Google

# The raw classes of a request and its answer, the latter None for bytes.
_Messages: TypeAlias = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class _Stub:
    """One method over one channel; `make` makes its request, `who` is the header that names the caller."""

    call: Any
    make: Any
    who: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Opened:
    """What one event loop has opened: a channel works in its own loop only."""

    channels: dict[str, Any] = field(default_factory=dict)
    stubs: dict[tuple[Method, str], _Stub] = field(default_factory=dict)
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)


class GoogleTransport:
    """Asks Google's services, from each event loop over channels of its own.

    A plain `http://` address (which the settings allow on this machine only) gets an unencrypted channel and
    no credentials, any other one TLS and the application default credentials. Every call raises
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
        self._loops: dict[asyncio.AbstractEventLoop, _Opened] = {}
        self._credentials: Any = None

    async def ask(self, method: Method, region: str, fields: Mapping[str, Any], *, timeout: float) -> Any:
        """Return the raw answer to one request, made of `fields`, within `timeout` seconds. Tried once."""
        stub = await self._stub(method, region)
        routing = method.header(fields)
        metadata = (stub.who, ("x-goog-request-params", routing)) if routing else (stub.who,)
        return await stub.call(stub.make(**fields), timeout=timeout, metadata=metadata)

    async def read(
        self, method: Method, region: str, fields: Mapping[str, Any], *, deadline: float, first_pause: float
    ) -> Any:
        """Return the raw answer to one request that changes nothing, tried again after a passing failure."""
        ask = functools.partial(self.ask, method, region, fields, timeout=deadline)
        until = asyncio.get_running_loop().time() + deadline
        return await tried(ask, first_pause=first_pause, until=until)

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
        """Return the raw rows of a listing: of all pages, asked for one after the other, or until there are `limit`.

        Each page is one `read`.
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
        """Import every message in a thread and starts connecting, so that the first scan finds all open."""
        places = tuple(regions)
        for method in METHODS:
            for region in places:
                await self._stub(method, region)
        for channel in tuple(self._here().channels.values()):
            channel.get_state(try_to_connect=True)
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Close every channel of the running event loop; calls in flight end with an error."""
        here = self._loops.pop(asyncio.get_running_loop(), _Opened())
        for channel in here.channels.values():
            await channel.close()

    def addresses(self) -> frozenset[str]:
        """Return the addresses to which this event loop has a channel."""
        return frozenset(self._here().channels)

    def _here(self) -> _Opened:
        loop = asyncio.get_running_loop()
        if loop not in self._loops:
            for over in [known for known in tuple(self._loops) if known.is_closed()]:
                self._loops.pop(over, None)
            self._loops[loop] = _Opened()
        return self._loops[loop]

    def _address(self, api: Api, region: str) -> str:
        return (self._addresses[api.setting] or f"https://{api.host}").replace("{region}", region)

    async def _stub(self, method: Method, region: str) -> _Stub:
        address = self._address(method.api, region)
        here = self._here()
        return here.stubs.get((method, address)) or await self._open(here, method, address)

    async def _open(self, here: _Opened, method: Method, address: str) -> _Stub:
        async with here.one_at_a_time:
            if method not in self._messages:
                self._messages[method] = await asyncio.to_thread(method.load)
            plaintext = address.startswith("http://")
            if self._credentials is None and not plaintext:
                self._credentials = await asyncio.to_thread(default_credentials)
            if address not in here.channels:
                here.channels[address] = open_channel(address, None if plaintext else self._credentials)
            if (method, address) not in here.stubs:
                here.stubs[method, address] = _stub(here.channels[address], method, *self._messages[method])
            return here.stubs[method, address]


def _stub(channel: Any, method: Method, request: Any, answer: Any) -> _Stub:
    call = channel.unary_unary(
        method.path,
        request_serializer=request.SerializeToString,
        response_deserializer=None if answer is None else answer.FromString,
    )
    return _Stub(call, request, who_calls())


# https://docs.cloud.google.com/docs/authentication#scopes
_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)

# A connection whose far end vanished breaks after 10 s without an acknowledgement instead of after many
# minutes, and a refused one is tried again within 5 s instead of two minutes; a page of any length is read
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
    """Return the application default credentials; blocks. Raises `google.auth.exceptions.GoogleAuthError`."""
    import google.auth  # noqa: PLC0415 - importing it at start-up would delay the first ack

    credentials, _project = google.auth.default(scopes=_SCOPES)
    # A service account's key signs its tokens itself: no other server is asked for one.
    signing = getattr(credentials, "with_always_use_jwt_access", None)
    return credentials if signing is None else signing(True)


def open_channel(address: str, credentials: Any) -> Any:
    """Return a channel to `https://host[:port]`; without credentials an unencrypted one, to `http://host:port`."""
    import grpc.aio  # noqa: PLC0415 - as above

    place = urlsplit(address)
    if credentials is None:
        return grpc.aio.insecure_channel(place.netloc, options=_CHANNEL_OPTIONS)
    from google.api_core.grpc_helpers_async import create_channel  # noqa: PLC0415 - as above

    host = place.netloc if place.port else f"{place.netloc}:{_TLS_PORT}"
    return create_channel(host, credentials=credentials, scopes=_SCOPES, options=_CHANNEL_OPTIONS)


def who_calls() -> tuple[str, str]:
    """Return the header in which Google's clients name themselves and their versions."""
    import google.protobuf  # noqa: PLC0415 - as above
    import grpc  # noqa: PLC0415 - as above

    versions = (
        f"gl-python/{platform.python_version()} grpc/{grpc.__version__} pb/{google.protobuf.__version__}"
    )
    return "x-goog-api-client", versions
