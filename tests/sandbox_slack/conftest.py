from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_parts import Connect, OpenWorkspace, client_of
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SlackSettings, SlackWorkspace

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Slack SDK would send even loopback traffic through a proxy of the environment."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def open_workspace() -> AsyncIterator[OpenWorkspace]:
    """Starts workspaces with the given settings and closes them all."""
    opened: list[SlackWorkspace] = []

    async def start(**settings: Any) -> SlackWorkspace:
        opened.append(await SlackWorkspace(SlackSettings(**{"file_seconds": 0.01} | settings)).start())
        return opened[-1]

    yield start
    for workspace in opened:
        await workspace.close()


@pytest.fixture
async def workspace(open_workspace: OpenWorkspace) -> SlackWorkspace:
    return await open_workspace()


@pytest.fixture
def client(workspace: SlackWorkspace) -> AsyncWebClient:
    return client_of(workspace)


@pytest.fixture
def app(workspace: SlackWorkspace, client: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=client, signing_secret=workspace.signing_secret)


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Connects a Bolt app over Socket Mode and takes it off the line at the end."""
    handlers: list[AsyncSocketModeHandler] = []

    async def start(workspace: SlackWorkspace, app: AsyncApp) -> AsyncSocketModeHandler:
        handler = AsyncSocketModeHandler(app, workspace.app_token, ping_interval=0.2)
        handlers.append(handler)
        before = workspace.connections
        await handler.connect_async()  # type: ignore[no-untyped-call]  # the SDK leaves it unannotated
        await workspace.wait_until(lambda: workspace.connections > before)
        return handler

    yield start
    for handler in handlers:
        await handler.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it unannotated
