from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_parts import OpenWorkspace
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SlackWorkspace, signature

BODY = "command=%2Flaunch&text=x&team_id=T1&user_id=U1&channel_id=C1&trigger_id=1.2.3"


@pytest.fixture
async def http_workspace(open_workspace: OpenWorkspace) -> SlackWorkspace:
    return await open_workspace(ack_seconds=0.5, event_retry_seconds=(0.0,))


@pytest.fixture
async def request_url(http_workspace: SlackWorkspace) -> AsyncIterator[str]:
    """A real Bolt app behind a real HTTP server, which the workspace sends to."""
    client = AsyncWebClient(token=http_workspace.bot_token, base_url=http_workspace.api_url)
    app = AsyncApp(client=client, signing_secret=http_workspace.signing_secret)

    @app.command("/launch")
    async def launch(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"launching {command['text']}")

    @app.action("go")
    async def go(ack: Any, respond: Any) -> None:
        await ack()
        await respond("pressed")

    @app.event("message")
    async def heard(event: dict[str, Any], say: Any) -> None:
        await say(f"heard {event['text']}")

    runner = web.AppRunner(app.web_app("/slack/events"), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    await http_workspace.use_http(url)
    yield url
    await runner.cleanup()


async def test_the_same_app_works_over_http(http_workspace: SlackWorkspace, request_url: str) -> None:
    """Commands, presses and events arrive signed; the transport is invisible to the handlers."""
    workspace = http_workspace
    assert await workspace.verify_request_url()

    outcome = await workspace.type_text("alice", "training", "/launch big")
    await workspace.type_text("alice", "training", "hello")
    await workspace.wait_until(lambda: len(workspace.messages("training")) == 2)

    assert outcome.ok
    assert ["launching big"] == [one.body["text"] for one in workspace.ephemerals("alice")]
    assert ["hello", "heard hello"] == [one.body["text"] for one in workspace.messages("training")]


async def test_a_press_answers_through_its_response_url(
    http_workspace: SlackWorkspace, request_url: str
) -> None:
    """Interactive payloads travel as a form with JSON inside, as Slack sends them."""
    workspace = http_workspace
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    await client.chat_postMessage(
        channel="training", text="x", blocks=[{"type": "actions", "elements": [button]}]
    )
    outcome = await workspace.press("bob", "training", "go")
    await workspace.wait_until(lambda: workspace.ephemerals("bob"))

    assert outcome.ok
    assert "pressed" == workspace.ephemerals("bob")[0].body["text"]


@pytest.mark.parametrize(
    ("secret", "age", "status"),
    [("sandbox-signing-secret", 0, 200), ("wrong", 0, 401), ("sandbox-signing-secret", 360, 401)],
)
async def test_signatures_are_the_real_ones(request_url: str, secret: str, age: int, status: int) -> None:
    """Bolt accepts our signature, and refuses a wrong secret or a body older than five minutes."""
    headers = signature(secret, BODY, int(time.time()) - age)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    async with (
        aiohttp.ClientSession() as session,
        session.post(request_url, data=BODY, headers=headers) as answer,
    ):
        assert status == answer.status


async def test_failures_are_told_apart_and_events_repeated_with_headers(
    http_workspace: SlackWorkspace,
) -> None:
    """A dead server and a refusing one are dispatch_failed; repeated events say why they come again."""
    workspace = http_workspace
    seen: list[tuple[str | None, str | None]] = []

    async def refuse(request: web.Request) -> web.Response:
        await request.read()
        seen.append((request.headers.get("X-Slack-Retry-Num"), request.headers.get("X-Slack-Retry-Reason")))
        return web.Response(status=500)

    server = web.Application()
    server.router.add_post("/", refuse)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await workspace.use_http(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    refused = await workspace.type_text("alice", "training", "/x")
    await workspace.type_text("alice", "training", "hello")
    await workspace.wait_until(lambda: len(seen) == 3)
    verified = await workspace.verify_request_url()
    await runner.cleanup()
    dead = await workspace.type_text("alice", "training", "/x")

    assert ("dispatch_failed", "dispatch_failed", False) == (refused.error, dead.error, verified)
    assert [(None, None), (None, None), ("1", "http_error")] == seen[:3]
