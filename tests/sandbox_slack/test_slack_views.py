from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_parts import Connect, OpenWorkspace, error_of
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import ALICE, SlackWorkspace

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def modal(title: str = "Launch", **more: Any) -> Json:
    field = {
        "type": "input",
        "block_id": "gpus",
        "label": plain("GPUs"),
        "element": {"type": "plain_text_input", "action_id": "count"},
    }
    return {"type": "modal", "title": plain(title), "submit": plain("Go"), "blocks": [field]} | more


def home(text: str) -> Json:
    button = {"type": "button", "action_id": "why", "text": plain("Why?"), "value": "abc12345"}
    return {
        "type": "home",
        "blocks": [{"type": "section", "text": plain(text)}, {"type": "actions", "elements": [button]}],
    }


def values(count: str) -> Json:
    return {"gpus": {"count": {"type": "plain_text_input", "value": count}}}


async def trigger(workspace: SlackWorkspace) -> str:
    return workspace.world.triggers.mint(ALICE.id)


async def test_a_trigger_opens_one_modal_in_three_seconds(open_workspace: OpenWorkspace) -> None:
    """A modal opened after slow work fails, which is why the ack and the modal come first."""
    now = [1_000.0]
    workspace = await open_workspace(now=lambda: now[0])
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    used, late = await trigger(workspace), await trigger(workspace)
    await client.views_open(trigger_id=used, view=modal())
    now[0] += 3.1

    assert "exchanged_trigger_id" == await error_of(client.views_open(trigger_id=used, view=modal()))
    assert "expired_trigger_id" == await error_of(client.views_open(trigger_id=late, view=modal()))
    assert "invalid_trigger_id" == await error_of(client.views_open(trigger_id="1.2.3", view=modal()))


async def test_a_bad_view_does_not_spend_the_trigger(
    workspace: SlackWorkspace, client: AsyncWebClient
) -> None:
    """After a refused view the same press may open a simpler one."""
    fresh = await trigger(workspace)

    assert "invalid_arguments" == await error_of(client.views_open(trigger_id=fresh, view=modal("x" * 25)))
    assert (await client.views_open(trigger_id=fresh, view=modal()))["ok"]


async def test_a_submission_is_answered_with_errors_then_closed(
    workspace: SlackWorkspace, client: AsyncWebClient, app: AsyncApp, connect: Connect
) -> None:
    """Field errors keep the modal open, an empty ack closes it."""

    @app.view("form")
    async def submitted(ack: Any, view: Json) -> None:
        if view["state"]["values"]["gpus"]["count"]["value"] == "none":
            await ack(response_action="errors", errors={"gpus": "Give a number, such as 4."})
        else:
            await ack()

    await connect(workspace, app)
    await client.views_open(trigger_id=await trigger(workspace), view=modal(callback_id="form"))
    screen = workspace.world.screens.open()
    await workspace.submit_view("alice", values("none"))
    still_open = workspace.view("alice") is not None
    await workspace.submit_view("alice", values("4"))
    shown = [screen.get_nowait() for _ in range(screen.qsize())]

    assert still_open
    assert workspace.view("alice") is None
    assert [
        {"type": "view_errors", "user": ALICE.id, "errors": {"gpus": "Give a number, such as 4."}},
        {"type": "view_close", "user": ALICE.id},
    ] == [event for event in shown if event and event["type"].startswith("view_")]


async def test_errors_for_a_field_that_is_not_there_trouble_the_person(
    workspace: SlackWorkspace, client: AsyncWebClient, app: AsyncApp, connect: Connect
) -> None:
    """A typo in a block_id shows Slack's "trouble connecting", as it does there."""

    @app.view("form")
    async def submitted(ack: Any) -> None:
        await ack(response_action="errors", errors={"gpu": "typo"})

    await connect(workspace, app)
    await client.views_open(trigger_id=await trigger(workspace), view=modal(callback_id="form"))

    assert (
        "We had some trouble connecting. Try again?"
        == (await workspace.submit_view("alice", values("1"))).shown
    )


async def test_modals_stack_three_high_and_close_from_the_top(
    workspace: SlackWorkspace, client: AsyncWebClient, app: AsyncApp, connect: Connect
) -> None:
    """Pushed views lie on each other, update in place, and the fourth is refused."""

    @app.view("form")
    async def submitted(ack: Any, view: Json) -> None:
        await ack(response_action="push", view=modal(f"after {view['title']['text']}", callback_id="form"))

    await connect(workspace, app)
    await client.views_open(trigger_id=await trigger(workspace), view=modal("1", callback_id="form"))
    await workspace.submit_view("alice", values("1"))
    await workspace.submit_view("alice", values("1"))
    fourth = await workspace.submit_view("alice", values("1"))
    top = workspace.view("alice")
    assert top is not None
    updated = await client.views_update(view_id=top["id"], hash=top["hash"], view=modal("new"))

    assert ("push_limit_reached", "after after 1") == (fourth.error, top["title"]["text"])
    assert ("new", top["id"]) == (updated["view"]["title"]["text"], updated["view"]["id"])
    assert "hash_conflict" == await error_of(
        client.views_update(view_id=top["id"], hash=top["hash"], view=modal())
    )

    await workspace.close_view("alice")
    below = workspace.view("alice")

    assert below is not None
    assert "after 1" == below["title"]["text"]
    assert "not_found" == await error_of(client.views_update(view_id=top["id"], view=modal()))


async def test_the_home_is_published_per_person_and_pressed(
    workspace: SlackWorkspace, app: AsyncApp, connect: Connect
) -> None:
    """Opening Home tells the app, what it publishes is that person's alone, and its buttons work."""
    pressed: list[Json] = []

    @app.event("app_home_opened")
    async def opened(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view=home(f"board of {event['user']}"))

    @app.action("why")
    async def why(ack: Any, body: Json) -> None:
        pressed.append(body)
        await ack()

    await connect(workspace, app)
    before = workspace.open_home("alice")
    await workspace.wait_until(lambda: workspace.home("alice"))
    outcome = await workspace.press_in_view("alice", "why")
    after = workspace.home("alice")

    assert before is None
    assert workspace.home("bob") is None
    assert after is not None
    assert "board of U0ALICE" == after["blocks"][0]["text"]["text"]
    assert outcome.ok
    assert {"type": "view", "view_id": after["id"]} == pressed[0]["container"]
    assert "response_url" not in pressed[0]


async def test_a_home_for_nobody_is_refused(client: AsyncWebClient) -> None:
    """views.publish checks the person and the kind of view."""
    assert "invalid_arguments" == await error_of(client.views_publish(user_id="U404", view=home("x")))
    assert "invalid_arguments" == await error_of(client.views_publish(user_id=ALICE.id, view=modal()))
