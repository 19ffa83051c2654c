from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_parts import Connect, OpenWorkspace, app_of
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import ALICE, SlackWorkspace

BUTTON = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
ROW = [{"type": "actions", "elements": [BUTTON]}]


async def answer(url: str, **body: Any) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as reply:
        return reply.status, await reply.text()


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def urls(workspace: SlackWorkspace, app: AsyncApp, connect: Connect) -> list[str]:
    """Collects the response URLs the app is handed."""
    got: list[str] = []

    @app.command("/launch")
    @app.action("go")
    async def take(ack: Any, body: dict[str, Any]) -> None:
        got.append(body["response_url"])
        await ack()

    await connect(workspace, app)
    return got


async def test_five_answers_and_no_more(workspace: SlackWorkspace, urls: list[str]) -> None:
    """The sixth answer is refused, which the SDK does not raise: progress must not go this way."""
    await workspace.type_text("alice", "random", "/launch")
    answers = [await answer(urls[0], text=str(number)) for number in range(6)]

    assert [(200, "ok")] * 5 == answers[:5]
    assert (404, "used_url") == answers[5]
    assert ["0", "1", "2", "3", "4"] == [one.body["text"] for one in workspace.ephemerals("alice")]


async def test_it_works_where_the_bot_is_no_member(workspace: SlackWorkspace, urls: list[str]) -> None:
    """A response URL is the only way to tell a person "invite me"."""
    await workspace.type_text("alice", "secret", "/launch")
    await answer(urls[0], text="for all", response_type="in_channel")

    assert ["for all"] == [one.body["text"] for one in workspace.messages("secret")]


async def test_originals_are_replaced_and_deleted(
    workspace: SlackWorkspace, client: AsyncWebClient, urls: list[str]
) -> None:
    """A pressed message is replaced in place; an ephemeral one stays ephemeral whatever is asked."""
    await client.chat_postMessage(channel="training", text="shared", blocks=ROW)
    await client.chat_postEphemeral(channel="training", user=ALICE.id, text="private", blocks=ROW)
    await workspace.press("alice", "training", "go")
    await workspace.press("bob", "training", "go")
    private, shared = urls
    await answer(private, text="still private", replace_original=True, response_type="in_channel")
    await answer(shared, text="replaced", replace_original="true")

    assert ["replaced"] == [one.body["text"] for one in workspace.messages("training")]
    assert ["still private"] == [one.body["text"] for one in workspace.ephemerals("alice")]
    assert "blocks" not in workspace.messages("training")[0].body

    await answer(private, delete_original=True)
    await answer(shared, delete_original=True)

    assert ([], []) == (workspace.messages("training"), workspace.ephemerals("alice"))


async def test_an_answer_can_go_into_a_thread(
    workspace: SlackWorkspace, client: AsyncWebClient, urls: list[str]
) -> None:
    """in_channel with thread_ts posts a reply."""
    ts = (await client.chat_postMessage(channel="training", text="card"))["ts"]
    await workspace.type_text("alice", "training", "/launch")
    await answer(urls[0], text="reply", response_type="in_channel", thread_ts=ts)

    assert ["card", "reply"] == [one.body["text"] for one in workspace.thread("training", ts)]


async def test_bad_answers_are_refused_without_using_it_up(
    workspace: SlackWorkspace, urls: list[str]
) -> None:
    """A wrong block is a 400 with Slack's word, not silence."""
    await workspace.type_text("alice", "training", "/launch")

    assert (400, "invalid_blocks") == await answer(urls[0], text="x", blocks=[{"type": "alert"}])
    assert (400, "no_text") == await answer(urls[0])
    assert (404, "no_service") == await answer(f"{urls[0]}x", text="x")
    assert [(200, "ok")] * 5 == [await answer(urls[0], text="x") for _ in range(5)]


async def test_it_expires_after_thirty_minutes(open_workspace: OpenWorkspace, connect: Connect) -> None:
    """A job outlives its response URL, so its end must be told another way."""
    clock = Clock()
    workspace = await open_workspace(now=clock)
    app = app_of(workspace)
    got: list[str] = []

    @app.command("/launch")
    async def take(ack: Any, body: dict[str, Any]) -> None:
        got.append(body["response_url"])
        await ack()

    await connect(workspace, app)
    await workspace.type_text("alice", "training", "/launch")
    clock.now += 30 * 60
    in_time = await answer(got[0], text="x")
    clock.now += 1

    assert (200, "ok") == in_time
    assert (404, "expired_url") == await answer(got[0], text="x")
