from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_parts import Connect, OpenWorkspace
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import ALICE, BOB, Command, SlackWorkspace

Json = dict[str, Any]
WHY: Json = {"text": {"type": "plain_text", "text": "Why?"}, "value": "why"}
SELECT: Json = {"type": "static_select", "action_id": "act", "options": [WHY]}


class Page:
    """The page's end of its socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._seen: list[Json] = []

    async def until(self, kind: str) -> Json:
        """The next event of a kind; the order between kinds is not promised."""
        while True:
            for index, event in enumerate(self._seen):
                if event["type"] == kind:
                    return self._seen.pop(index)
            self._seen.append(await self._socket.receive_json(timeout=5))

    async def say(self, **event: Any) -> None:
        await self._socket.send_json(event)


async def test_the_page_sees_types_presses_and_hears(open_workspace: OpenWorkspace, connect: Connect) -> None:
    """One round through the page's protocol with a real app behind it."""
    workspace = await open_workspace(
        title="Quota night", subtitle="us-east1 is full", commands=(Command("/launch", "[preset]", "Start"),)
    )
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    app = AsyncApp(client=client, signing_secret="x")
    chosen: list[str] = []

    @app.command("/launch")
    async def launch(ack: Any, command: Json, client: AsyncWebClient) -> None:
        await ack("on its way")
        blocks = [{"type": "actions", "block_id": "row", "elements": [SELECT]}]
        await client.chat_postMessage(channel=command["channel_id"], text="card", blocks=blocks)

    @app.action("act")
    async def act(ack: Any, action: Json) -> None:
        chosen.append(action["selected_option"]["value"])
        await ack()

    @app.event("app_home_opened")
    async def opened(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": []})

    await connect(workspace, app)
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{workspace.url}ui/ws") as socket:
        page = Page(socket)
        snapshot = await page.until("snapshot")
        await page.say(type="text", user=BOB.id, channel="C0TRAINING", text="/launch")
        post_ephemeral = await page.until("ephemeral")
        card = await page.until("message")
        await page.say(
            type="action",
            user=BOB.id,
            channel="C0TRAINING",
            ts=card["message"]["ts"],
            block_id="row",
            element=SELECT,
            selected_option=WHY,
        )
        done = await page.until("action_done")
        await page.say(type="home_opened", user=BOB.id)
        empty = await page.until("home")
        published = await page.until("home")
        await page.say(type="channel_join", user=BOB.id, channel="G0SECRET")
        joined = await page.until("channel_join")
        await page.say(type="dance", user=BOB.id)
        wrong = await page.until("error")

    assert ("Quota night", "us-east1 is full", ALICE.id, 1, "socket") == (
        snapshot["title"],
        snapshot["subtitle"],
        snapshot["me_default"],
        snapshot["conn"],
        snapshot["mode"],
    )
    assert [{"name": "/launch", "hint": "[preset]", "description": "Start"}] == snapshot["commands"]
    assert ["U0ALICE"] == snapshot["channels"]["G0SECRET"]["members"]
    assert (BOB.id, "on its way") == (post_ephemeral["user"], post_ephemeral["message"]["text"])
    assert "card" == card["message"]["text"]
    assert (["why"], True, "act") == (chosen, done["ok"], done["action_id"])
    assert (None, BOB.id, "home") == (empty["view"], published["user"], published["view"]["type"])
    assert ["U0ALICE", BOB.id] == joined["info"]["members"]
    assert "dance" in wrong["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://example.com"}, 403),
        ({"Host": "evil.example"}, 403),
        ({}, 101),
    ],
)
async def test_foreign_pages_are_kept_out(
    workspace: SlackWorkspace, headers: dict[str, str], status: int
) -> None:
    """Any web page in the same browser could otherwise press buttons here."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    async with aiohttp.ClientSession() as session:
        answer = await session.get(f"{workspace.url}ui/ws", headers=upgrade | headers)
        answer.close()

    assert status == answer.status


async def control(workspace: SlackWorkspace, **asked: Any) -> tuple[int, Json]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{workspace.url}control", json=asked) as answer,
    ):
        return answer.status, await answer.json()


async def test_the_control_door_does_what_a_test_elsewhere_needs(
    workspace: SlackWorkspace, app: AsyncApp, connect: Connect
) -> None:
    """A test in another process types, presses, breaks things, measures and reads everything back."""

    @app.command("/launch")
    async def launch(ack: Any, say: Any) -> None:
        await ack()
        await say(text="card", blocks=[{"type": "actions", "elements": [SELECT]}])

    @app.command("/bench")
    @app.action("act")
    async def act(ack: Any) -> None:
        await ack()

    await connect(workspace, app)
    typed = await control(workspace, op="type", user="alice", channel="training", text="/launch")
    await workspace.wait_until(lambda: workspace.messages("training"))
    pressed = await control(
        workspace, op="press", user="bob", channel="training", action_id="act", option="why"
    )
    bench = await control(workspace, op="bench", n=20, concurrency=5, command="/bench")
    await control(workspace, op="faults", set={"rate_limited": {"chat.postMessage": 2}})
    await control(workspace, op="home", user="alice")
    _, state = await control(workspace, op="state")
    _, drawn = await control(workspace, op="render", channel="training")

    assert (200, True, True) == (typed[0], typed[1]["ok"], typed[1]["ack_ms"] > 0)
    assert pressed[1]["ok"]
    assert (20, 0) == (bench[1]["sent"], bench[1]["failed"])
    assert 0 < bench[1]["p50"] <= bench[1]["p99"] <= bench[1]["slowest"]
    assert {"chat.postMessage": 2} == workspace.faults.rate_limited
    assert (1, 1) == (state["connections"], state["counts"]["chat.postMessage"])
    assert "card" == state["channels"]["C0TRAINING"]["messages"][0]["text"]
    assert "chat.postMessage" in [call["method"] for call in state["calls"]]
    assert "[act" not in drawn["text"]
    assert "Why?" in drawn["text"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"op": "jump"}, "No op is called jump. Known: type, press,"),
        ({"op": "type", "user": "carol", "channel": "training", "text": "x"}, "Nobody here is called carol."),
        (
            {"op": "type", "user": "bob", "channel": "secret", "text": "x"},
            "U0BOB is not a member of #secret.",
        ),
        (
            {"op": "press", "user": "bob", "channel": "training", "action_id": "go"},
            "No message here offers go.",
        ),
        ({"op": "disconnect", "reason": "bored"}, "Slack never says bored. It says warning,"),
        ({"op": "faults", "set": {"drop": 1}}, "No fault is called drop."),
    ],
)
async def test_the_control_door_explains_mistakes(
    workspace: SlackWorkspace, asked: Json, sentence: str
) -> None:
    """A wrong script gets a sentence, not a stack trace."""
    status, answer = await control(workspace, **asked)

    assert 400 == status
    assert sentence in answer["error"]


async def test_the_control_door_takes_no_forms(workspace: SlackWorkspace) -> None:
    """A foreign page can send a form without asking the browser, never JSON."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{workspace.url}control", data='{"op": "state"}') as answer,
    ):
        assert 400 == answer.status
