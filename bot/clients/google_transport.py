"""From an address to a client: one channel for each API and address, opened when it is first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bot.clients.google_apis import APIS, Api
from bot.settings import Google

# https://docs.cloud.google.com/docs/authentication#scopes
_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)

# A connection whose far end vanished breaks after 10 s without an acknowledgement instead of after many
# minutes, and a refused one is tried again within 5 s instead of two minutes
# (https://grpc.github.io/grpc/core/group__grpc__arg__keys.html).
_CHANNEL_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.keepalive_time_ms", 300_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 5_000),
)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What one event loop has opened: a channel works in its own loop only."""

    clients: dict[tuple[Api, str], Any] = field(default_factory=dict)
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)


class GoogleTransport:
    """Hands out Google's asynchronous clients, to each event loop its own.

    A plain `http://` address (which the settings allow on this machine only) gets an unencrypted channel and
    anonymous credentials, any other one TLS and the application default credentials.
    """

    def __init__(self, settings: Google) -> None:
        self.project = settings.project
        self._addresses = {
            "aiplatform": settings.aiplatform_endpoint,
            "run": settings.run_endpoint,
            "build": settings.build_endpoint,
            "logging": settings.logging_endpoint,
        }
        self._classes: dict[Api, tuple[Any, Any]] = {}
        self._loops: dict[asyncio.AbstractEventLoop, _Opened] = {}
        self._credentials: Any = None

    async def client(self, api: Api, region: str) -> Any:
        """The client of an API for a region; the first call imports and opens what it needs.

        Raises `google.auth.exceptions.GoogleAuthError` when there are no credentials.
        """
        address = self._address(api, region)
        here = self._here()
        return here.clients.get((api, address)) or await self._open(here, api, address)

    async def warm(self, regions: Iterable[str]) -> None:
        """Imports every client in a thread and starts connecting, so that the first scan finds all open.

        Raises `google.auth.exceptions.GoogleAuthError` when there are no credentials.
        """
        for api in APIS:
            for region in regions:
                client = await self.client(api, region)
                client.transport.grpc_channel.get_state(try_to_connect=True)
                await asyncio.sleep(0)

    async def close(self) -> None:
        """Closes every channel of the running event loop; calls in flight end with an error."""
        here = self._loops.pop(asyncio.get_running_loop(), _Opened())
        for client in here.clients.values():
            await client.transport.close()

    def _here(self) -> _Opened:
        loop = asyncio.get_running_loop()
        if loop not in self._loops:
            for over in [known for known in tuple(self._loops) if known.is_closed()]:
                self._loops.pop(over, None)
            self._loops[loop] = _Opened()
        return self._loops[loop]

    def _address(self, api: Api, region: str) -> str:
        return (self._addresses[api.setting] or f"https://{api.host}").replace("{region}", region)

    async def _open(self, here: _Opened, api: Api, address: str) -> Any:
        async with here.one_at_a_time:
            if api not in self._classes:
                self._classes[api] = await asyncio.to_thread(api.load)
            plaintext = address.startswith("http://")
            if self._credentials is None and not plaintext:
                self._credentials = await asyncio.to_thread(_default_credentials)
            if (api, address) not in here.clients:
                here.clients[api, address] = _new_client(
                    *self._classes[api], address=address, credentials=None if plaintext else self._credentials
                )
            return here.clients[api, address]


def _default_credentials() -> Any:
    import google.auth  # noqa: PLC0415 - importing it at start-up would delay the first ack

    credentials, _project = google.auth.default(scopes=_SCOPES)
    return credentials


def _new_client(client: Any, transport: Any, *, address: str, credentials: Any) -> Any:
    """A client on a channel of its own; anonymous and unencrypted when there are no credentials."""
    import grpc.aio  # noqa: PLC0415 - as above
    from google.api_core.client_options import ClientOptions  # noqa: PLC0415 - as above
    from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415 - as above

    def channel(host: str, **wanted: Any) -> Any:
        options = [*wanted.pop("options", ()), *_CHANNEL_OPTIONS]
        if credentials is None:
            return grpc.aio.insecure_channel(host, options=options)
        return transport.create_channel(host, options=options, **wanted)

    return client(
        credentials=credentials or AnonymousCredentials(),  # type: ignore[no-untyped-call]  # google.auth's own code is untyped
        client_options=ClientOptions(api_endpoint=urlsplit(address).netloc),
        transport=lambda **wanted: transport(**{**wanted, "channel": channel}),
    )
