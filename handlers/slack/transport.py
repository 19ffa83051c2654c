"""Receives payloads from Slack: over several Socket Mode connections, or as signed HTTP requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.models.errors import BadInput
from bot.runtime.shutdown import Phase, run_phase
from bot.settings import Secrets, Settings
from handlers.slack.http_mode import listen_http
from handlers.slack.middleware import ListenerTracker


def listen(
    app: AsyncApp, tracker: ListenerTracker, settings: Settings, secret: Secrets, *, http: bool
) -> AbstractAsyncContextManager[str]:
    """Listen until the block ends, then wait for pending acks. Yield the request URL, "" for Socket Mode.

    Raise BadInput when the required secret is missing, or the port is taken.
    """
    if http:
        return listen_http(app, settings.slack, secret)
    return _listen_socket_mode(app, tracker, settings, secret)


@asynccontextmanager
async def _listen_socket_mode(
    app: AsyncApp, tracker: ListenerTracker, settings: Settings, secret: Secrets
) -> AsyncIterator[str]:
    """Open several connections, so that no command is lost while one reconnects."""
    token = secret.slack_app_token.get_secret_value()
    if not token:
        raise BadInput(
            "SLACK_APP_TOKEN is not set. Socket Mode needs the app-level token. "
            "Example: export SLACK_APP_TOKEN=xapp-..."
        )
    connections = [
        _Connection(app, token, tracker, settings.slack.ping_seconds) for _ in range(settings.slack.sockets)
    ]
    try:
        for connection in connections:
            await connection.connect_async()  # type: ignore[no-untyped-call]  # untyped in Bolt
        yield ""
    finally:
        await run_phase(Phase.ACKS, tracker.wait_for_acks())
        await run_phase(Phase.CONNECTIONS, *(connection.end() for connection in connections))


class _Connection(AsyncSocketModeHandler):
    """A Socket Mode connection that tracks pending acks."""

    def __init__(self, app: AsyncApp, token: str, tracker: ListenerTracker, ping_seconds: float) -> None:
        super().__init__(app, token, ping_interval=ping_seconds)
        self._tracker = tracker

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # as Bolt's own class narrows it
        with self._tracker.pending_ack():
            await super().handle(client, req)

    async def end(self) -> None:
        """Close the connection and wait for its tasks, which the SDK only cancels."""
        client = self.client
        tasks = [
            task
            for task in (client.message_processor, client.current_session_monitor, client.message_receiver)
            if task is not None
        ]
        await self.close_async()  # type: ignore[no-untyped-call]  # untyped in Bolt
        await asyncio.gather(*tasks, return_exceptions=True)
