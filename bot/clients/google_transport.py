"""From an address to a client: one channel for each API and address, opened when it is first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
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


class GoogleTransport:
    """Hands out Google's asynchronous clients; belongs to the event loop that first uses it.

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
        self._clients: dict[tuple[Api, str], Any] = {}
        self._credentials: Any = None
        self._opening = asyncio.Lock()

    async def client(self, api: Api, region: str) -> Any:
        """The client of an API for a region; the first call imports and opens what it needs.

        Raises `google.auth.exceptions.GoogleAuthError` when there are no credentials.
        """
        address = self._address(api, region)
        return self._clients.get((api, address)) or await self._open(api, address)

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
        """Closes every channel; calls in flight end with an error."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.transport.close()

    def _address(self, api: Api, region: str) -> str:
        return (self._addresses[api.setting] or f"https://{api.host}").replace("{region}", region)

    async def _open(self, api: Api, address: str) -> Any:
        async with self._opening:
            if api not in self._classes:
                self._classes[api] = await asyncio.to_thread(api.load)
            plaintext = address.startswith("http://")
            if self._credentials is None and not plaintext:
                self._credentials = await asyncio.to_thread(_default_credentials)
            if (api, address) not in self._clients:
                self._clients[api, address] = _new_client(
                    *self._classes[api], address=address, credentials=None if plaintext else self._credentials
                )
            return self._clients[api, address]


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
