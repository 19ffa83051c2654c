from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_parts import Connect, OpenWorkspace, app_of, client_of
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import ALICE, BOT_USER, CARA, DAN, ChannelConfig, Command, SlackWorkspace
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.settings import ENTERPRISE_ID, TEAM_ID


def go_button(action_id: str = "go") -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": "Go"},
        "value": "v1",
    }


async def test_a_command_is_acknowledged_and_timed(
    workspace: SlackWorkspace, app: AsyncApp, connect: Connect
) -> None:
    """The promise of an ack within milliseconds is measured at this end."""
    seen: list[dict[str, Any]] = []

    @app.command("/launch")
    async def launch(ack: Any, command: dict[str, Any]) -> None:
        seen.append(command)
        await ack()

    await connect(workspace, app)
    outcome = await workspace.type_text("alice", "#training", "/launch small  gpu=1 ")

    assert outcome.ok
    assert 0 < outcome.milliseconds < 1_000
    assert ("small  gpu=1", ALICE.id, "C0TRAINING", "false") == (
        seen[0]["text"],
        seen[0]["user_id"],
        seen[0]["channel_id"],
        seen[0]["is_enterprise_install"],
    )
    assert "thread_ts" not in seen[0]
    assert [True] == [ack.ok for ack in workspace.traffic.acks]


async def test_an_ack_with_text_is_private_unless_it_says_otherwise(
    workspace: SlackWorkspace, app: AsyncApp, connect: Connect
) -> None:
    """An answer inside the ack is only shown to its user, or to all with in_channel."""

    @app.command("/quiet")
    async def quiet(ack: Any) -> None:
        await ack("only you")

    @app.command("/loud")
    async def loud(ack: Any) -> None:
        await ack(text="everybody", response_type="in_channel")

    await connect(workspace, app)
    await workspace.type_text("alice", "random", "/quiet")
    await workspace.type_text("alice", "random", "/loud")

    assert ["only you"] == [one.body["text"] for one in workspace.ephemerals("alice")]
    assert ["everybody"] == [one.body["text"] for one in workspace.messages("random")]


async def test_commands_in_threads_are_refused_by_slack(workspace: SlackWorkspace) -> None:
    """The app never hears of them, so help texts must not suggest them."""
    outcome = await workspace.type_text("alice", "training", "/launch", thread_ts="1.000000")

    assert "/launch is not supported in threads. Sorry!" == outcome.shown
    assert [] == list(workspace.traffic.acks)


async def test_a_command_nobody_declared_is_unknown(open_workspace: OpenWorkspace) -> None:
    """A command missing in the manifest must fail here as it fails at Slack."""
    workspace = await open_workspace(commands=(Command("/launch"),))

    assert "/monitor is not a valid command." in (await workspace.type_text("bob", "evals", "/monitor")).shown
    assert "dispatch_failed" == (await workspace.type_text("bob", "evals", "/launch")).error


async def test_no_connection_and_no_ack_are_different_errors(
    open_workspace: OpenWorkspace, connect: Connect
) -> None:
    """The person sees dispatch_failed when nobody is there and operation_timeout when nobody answers."""
    workspace = await open_workspace(ack_seconds=0.1)
    nobody = await workspace.type_text("alice", "training", "/launch")
    app = app_of(workspace)

    @app.command("/launch")
    async def launch(ack: Any) -> None:
        await ack()

    await connect(workspace, app)
    workspace.set_faults(drop_acks=1)
    silent = await workspace.type_text("alice", "training", "/launch")

    assert ("dispatch_failed", "operation_timeout") == (nobody.error, silent.error)
    assert '/launch failed with the error "operation_timeout"' == silent.shown
    assert silent.shown == workspace.ephemerals("alice")[-1].body["text"]


async def test_a_press_in_a_thread_names_its_thread(
    workspace: SlackWorkspace, client: AsyncWebClient, app: AsyncApp, connect: Connect
) -> None:
    """Unlike commands, presses carry the thread: replies of the bot depend on it."""
    seen: list[dict[str, Any]] = []

    @app.action("pick")
    @app.action("go")
    async def act(ack: Any, body: dict[str, Any]) -> None:
        seen.append(body)
        await ack()

    await connect(workspace, app)
    parent = (await client.chat_postMessage(channel="training", text="card"))["ts"]
    option = {"text": {"type": "plain_text", "text": "Why?"}, "value": "why"}
    select = {"type": "static_select", "action_id": "pick", "options": [option]}
    blocks = [{"type": "actions", "block_id": "row", "elements": [go_button(), select]}]
    reply = await client.chat_postMessage(channel="training", text="r", thread_ts=parent, blocks=blocks)
    await workspace.press("bob", "training", "go")
    await workspace.press("bob", "training", "pick", option="why")

    assert {
        "type": "message",
        "message_ts": reply["ts"],
        "channel_id": "C0TRAINING",
        "is_ephemeral": False,
        "thread_ts": parent,
    } == seen[0]["container"]
    assert ("v1", "row", "bob") == (
        seen[0]["actions"][0]["value"],
        seen[0]["actions"][0]["block_id"],
        seen[0]["user"]["name"],
    )
    assert option == seen[1]["actions"][0]["selected_option"]
    assert option == seen[1]["state"]["values"]["row"]["pick"]["selected_option"]
    assert reply["ts"] == seen[1]["message"]["ts"]


async def test_a_press_in_a_private_message_carries_no_message(
    workspace: SlackWorkspace, client: AsyncWebClient, app: AsyncApp, connect: Connect
) -> None:
    """Slack keeps no ephemeral messages, so a handler that reads body["message"] would break there."""
    seen: list[dict[str, Any]] = []

    @app.action("go")
    async def act(ack: Any, body: dict[str, Any]) -> None:
        seen.append(body)
        await ack()

    await connect(workspace, app)
    blocks = [{"type": "actions", "elements": [go_button()]}]
    await client.chat_postEphemeral(channel="training", user=ALICE.id, text="x", blocks=blocks)
    await workspace.press("alice", "training", "go")

    assert seen[0]["container"]["is_ephemeral"] is True
    assert "message" not in seen[0]


async def test_events_are_repeated_with_one_id_until_taken(
    open_workspace: OpenWorkspace, connect: Connect
) -> None:
    """A lost ack means the same event again: handlers must recognise its id."""
    workspace = await open_workspace(ack_seconds=0.2, event_retry_seconds=(0.0, 0.0, 0.0))
    app = app_of(workspace)
    seen: list[str] = []

    @app.event("message")
    async def heard(body: dict[str, Any]) -> None:
        seen.append(body["event_id"])

    await connect(workspace, app)
    workspace.set_faults(drop_acks=1)
    await workspace.type_text("alice", "training", "hello")
    await workspace.wait_until(lambda: sum(ack.ok for ack in workspace.traffic.acks) == 1)

    assert (2, 1) == (len(seen), len(set(seen)))

    workspace.set_faults(duplicate_events=1)
    await workspace.type_text("alice", "training", "again")
    await workspace.wait_until(lambda: sum(ack.ok for ack in workspace.traffic.acks) == 3)

    assert (4, 2) == (len(seen), len(set(seen)))


async def test_only_subscribed_events_of_joined_channels_are_sent(
    open_workspace: OpenWorkspace, connect: Connect
) -> None:
    """An event missing in the manifest, or a channel without the bot, is silence at Slack."""
    workspace = await open_workspace(events=frozenset({"app_mention"}))
    app = app_of(workspace)
    seen: list[str] = []

    @app.event("app_mention")
    async def mentioned(event: dict[str, Any]) -> None:
        seen.append(event["text"])

    await connect(workspace, app)
    await workspace.type_text("alice", "random", "@launch-control hi")
    await workspace.type_text("alice", "training", "no mention")
    await workspace.type_text("alice", "training", "@launch-control <hi>")
    await workspace.wait_until(lambda: workspace.traffic.acks)

    assert ["<@U0LAUNCHBOT> &lt;hi&gt;"] == seen


async def test_people_of_other_workspaces_are_named_by_their_own(open_workspace: OpenWorkspace) -> None:
    """In a shared channel a press names the channel's workspace as the team, and the person's beside it."""
    room = ChannelConfig("C0TRAINING", "training", (ALICE.id, CARA.id, DAN.id, BOT_USER))
    workspace = await open_workspace(people=(ALICE, CARA, DAN), channels=(room,), enterprise=True)
    payloads, channel = Payloads(workspace.world), workspace.world.directory.channel("training")
    named = {}
    for person in (ALICE, CARA, DAN):
        command = payloads.command(person.id, channel, "/launch", "")
        press = payloads.view_action(person.id, {"id": "V1", "type": "home"}, {}, {})
        event = payloads.event({"type": "app_home_opened", "user": person.id})
        named[person.name] = (
            (command["team_id"], command.get("enterprise_id")),
            (press["team"]["id"], press["user"]["team_id"]),
            (event["team_id"], event["enterprise_id"], event["context_team_id"]),
        )

    assert named == {
        "alice": ((TEAM_ID, ENTERPRISE_ID), (TEAM_ID, TEAM_ID), (TEAM_ID, ENTERPRISE_ID, TEAM_ID)),
        "cara": (("T0OTHER", None), (TEAM_ID, "T0OTHER"), ("T0OTHER", None, TEAM_ID)),
        "dan": (("T0SISTER", ENTERPRISE_ID), (TEAM_ID, "T0SISTER"), ("T0SISTER", ENTERPRISE_ID, TEAM_ID)),
    }


async def test_an_app_of_a_whole_organisation_gets_no_team(open_workspace: OpenWorkspace) -> None:
    """Its token names the organisation in place of a workspace, and presses only say whose the person is."""
    workspace = await open_workspace(org_wide=True)
    identity = await client_of(workspace).auth_test()
    press = Payloads(workspace.world).view_action(ALICE.id, {"id": "V1", "type": "home"}, {}, {})

    assert (ENTERPRISE_ID, ENTERPRISE_ID, True) == (
        identity["team_id"],
        identity["enterprise_id"],
        identity["is_enterprise_install"],
    )
    assert (None, ENTERPRISE_ID, TEAM_ID) == (
        press["team"],
        press["enterprise"]["id"],
        press["user"]["team_id"],
    )
