"""Only the bot's own workspace is answered, whatever the payload is and wherever it names its origin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bed import BRIEF, Bed, bot_on, said, scenario, stage_on
from structlog.testing import capture_logs

from bot.models.errors import BadInput
from bot.models.workspace import Workspace
from bot.sandbox.slack import ALICE, BOB, BOT_USER, CARA, DAN, ChannelConfig
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.world.scripts import LaunchScript
from bot.settings.loader import load_secrets, load_settings
from formatting.slack import action_ids
from handlers.serve import serving
from handlers.slack.own_workspace import is_own

Json = dict[str, Any]
OURS = Workspace("T0US", "E0US")
REFUSED = "I only answer people of the workspace in which I am installed, so I did nothing."
# A channel in which people of three workspaces meet; the bot's own belongs to an organisation.
SHARED = {
    "people": (ALICE, BOB, CARA, DAN),
    "channels": (ChannelConfig("C0TRAINING", "training", (ALICE.id, BOB.id, CARA.id, DAN.id, BOT_USER)),),
    "enterprise": True,
}
ENDED_AND_RUNNING = tuple(
    LaunchScript.model_validate({"timeline": timeline})
    for timeline in (BRIEF, "PENDING 1 -> RUNNING 100000 -> SUCCEEDED")
)
JOB = "jobs|us-east1|6120987734410149888"


def _command(words: str) -> Callable[[Bed, str], tuple[str, Json]]:
    return lambda bed, user: ("slash_commands", bed.command(words, user=user))


def _press(action_id: str, value: str) -> Callable[[Bed, str], tuple[str, Json]]:
    """A press under the first table; "ended" and "running" stand for the ids of the two launches."""

    def made(bed: Bed, user: str) -> tuple[str, Json]:
        table = next(one for one in bed.slack.messages("#training") if "Act on..." in said(one))
        ids = dict(zip(("ended", "running"), bed.queued(), strict=True))
        payload = bed.press_payload(table, action_id, ids.get(value, value), user=user)
        chosen = {"text": {"type": "plain_text", "text": "Why?"}, "value": value}
        payload["actions"][0]["selected_option"] = chosen
        return "interactive", payload

    return made


def _home_press(bed: Bed, user: str) -> tuple[str, Json]:
    action = {"type": "button", "action_id": action_ids.HOME_REFRESH, "block_id": "b"}
    payload = Payloads(bed.slack.world).view_action(user, bed.slack.home("alice"), action, {})
    return "interactive", payload


def _home_opened(bed: Bed, user: str) -> tuple[str, Json]:
    event = {"type": "app_home_opened", "user": user, "channel": "D0", "tab": "home"}
    return "events_api", Payloads(bed.slack.world).event(event)


# One line for each listener of the app.
LISTENERS: dict[str, Callable[[Bed, str], tuple[str, Json]]] = {
    "/launch": _command("/launch bert-small lr=0.003"),
    "/monitor": _command("/monitor runs"),
    action_ids.LAUNCH_CANCEL: _press(action_ids.LAUNCH_CANCEL, "running"),
    action_ids.LAUNCH_RELAUNCH: _press(action_ids.LAUNCH_RELAUNCH, "ended"),
    action_ids.MONITOR_REFRESH: _press(action_ids.MONITOR_REFRESH, "jobs"),
    action_ids.MONITOR_ACT: _press(action_ids.MONITOR_ACT, f"why|{JOB}"),
    action_ids.ROW_CANCEL: _press(action_ids.ROW_CANCEL, f"{JOB}|job"),
    action_ids.LOG_FILE: _press(action_ids.LOG_FILE, JOB),
    action_ids.LOG_MORE: _press(action_ids.LOG_MORE, f"{JOB}|202"),
    action_ids.LOG_LESS: _press(action_ids.LOG_LESS, f"{JOB}|101"),
    action_ids.OPEN_CONSOLE: _press(action_ids.open_page_id("job"), ""),
    action_ids.HOME_REFRESH: _home_press,
    "app_home_opened": _home_opened,
}


def _as_is(payload: Json) -> Json:
    return payload


def _elsewhere(payload: Json) -> Json:
    """The same from a workspace that has nothing to do with ours."""
    return payload | {"team_id": "T0OTHER", "team": {"id": "T0OTHER", "domain": "other"}}


def _other_organisation(payload: Json) -> Json:
    return payload | {"enterprise_id": "E0OTHER", "enterprise": {"id": "E0OTHER", "name": "other"}}


def _of_nowhere(payload: Json) -> Json:
    """The payload has only the id of the organisation, which may have several workspaces."""
    ids = ("team_id", "context_team_id", "authorizations", "view")
    rest = {key: value for key, value in payload.items() if key not in ids}
    person = payload.get("user")
    return rest | {"team": None} | ({"user": {"id": person["id"]}} if isinstance(person, dict) else {})


STRANGERS: dict[str, tuple[str, Callable[[Json], Json]]] = {
    "another company's person in a shared channel": (CARA.id, _as_is),
    "a person of another workspace of the organisation": (DAN.id, _as_is),
    "another workspace": (ALICE.id, _elsewhere),
    "another organisation": (ALICE.id, _other_organisation),
    "a workspace that is not named": (ALICE.id, _of_nowhere),
}


async def _two_launches_and_a_table(bed: Bed) -> None:
    await bed.type("/launch")
    await bed.settled("succeeded")
    await bed.type("/launch bert-small lr=0.002")
    await bed.until(lambda: len(bed.queued()) == 2 and bed.effects().get("RunJob"))
    await bed.type("/monitor jobs")
    await bed.until_shown("Act on...")
    await bed.finished(1)
    # Two cards, the closing reply with its curve, the thread's parent and its table.
    await bed.until(lambda: len(bed.slack.messages("#training")) == 6)
    bed.slack.open_home("alice")
    await bed.until(lambda: "Still asking" not in str(bed.slack.home("alice") or "Still asking"))


def _seen(bed: Bed) -> tuple[int, int, dict[str, int]]:
    """What everybody sees, and what was spent or stopped."""
    return len(bed.slack.messages("#training")), len(bed.slack.files()), bed.effects()


async def test_no_listener_hears_of_another_workspace() -> None:
    """A table, a launch, a log or a Home given to a stranger cannot be taken back."""
    played = scenario(launch=ENDED_AND_RUNNING)
    answers: dict[tuple[str, str], tuple[bool, object]] = {}
    with capture_logs() as logs:
        async with bot_on(played, workspace=SHARED) as bed:
            await _two_launches_and_a_table(bed)
            before = _seen(bed)
            registered = len(bed.bot.app._async_listeners)
            told = 0
            for stranger, (user, disguise) in STRANGERS.items():
                for name, made in LISTENERS.items():
                    kind, payload = made(bed, user)
                    outcome = await bed.deliver(kind, disguise(payload))
                    told += "message" in payload
                    answers[stranger, name] = (outcome.ok, (outcome.response or {}).get("text"))
            people = ("alice", "cara", "dan")
            await bed.until(lambda: sum(len(bed.notes(who)) for who in people) == told)
            # What was heard before this Home was opened has been answered by now.
            bed.slack.open_home("bob")
            await bed.until(lambda: "Still asking" not in str(bed.slack.home("bob") or "Still asking"))
            after = _seen(bed)
            notes = {note.body["text"] for who in people for note in bed.slack.ephemerals(who)}
            verdicts = await bed.verdicts()
            homes = (bed.slack.home("cara"), bed.slack.home("dan"))

    refused = [entry for entry in logs if entry["event"] == "a payload of another workspace was refused"]
    said_to = {(name, text) for (_, name), (_, text) in answers.items()}
    assert registered == len(LISTENERS)
    assert all(ok for ok, _ in answers.values())
    assert said_to == {(name, REFUSED if name.startswith("/") else None) for name in LISTENERS}
    assert notes == {REFUSED}
    assert len(refused) == len(LISTENERS) * len(STRANGERS)
    assert before == after
    assert (2, (None, None)) == (len(verdicts), homes)


async def test_a_listener_that_is_added_later_is_behind_the_same_door() -> None:
    """Whoever adds a button must not have to think of strangers."""
    heard: list[str] = []
    async with bot_on(workspace=SHARED) as bed:
        await bed.type("/monitor runs")
        await bed.until(lambda: bed.slack.messages("#training"))

        @bed.bot.app.action("added_later")
        async def _added(ack: Any, body: Json) -> None:
            heard.append(body["user"]["id"])
            await ack()

        for user in (CARA.id, ALICE.id, DAN.id):
            payload = bed.press_payload(bed.slack.messages("#training")[0], "added_later", "", user=user)
            await bed.deliver("interactive", payload)
        await bed.until(lambda: bed.notes("cara") and bed.notes("dan"))

    assert [ALICE.id] == heard


async def test_a_refusal_of_a_press_stands_in_the_thread_in_which_it_was_made() -> None:
    """A phone shows the thread alone."""
    async with bot_on(workspace=SHARED) as bed:
        await bed.type("/monitor jobs")
        await bed.until_shown("Act on...")
        parent = bed.slack.messages("#training")[0]
        await bed.slack.press("cara", "#training", action_ids.MONITOR_ACT, option=f"why|{JOB}")
        await bed.until(lambda: bed.notes("cara"))
        (note,) = bed.slack.ephemerals("cara")

        assert (REFUSED, parent.ts) == (note.body["text"], note.body["thread_ts"])


PRESS = {"type": "block_actions", "enterprise": None, "is_enterprise_install": False}
EVENT = {"type": "event_callback", "team_id": "T0US", "event": {"type": "app_home_opened", "user": "U1"}}
OUR_TEAM = {"id": "T0US", "domain": "us"}


@pytest.mark.parametrize(
    ("body", "own"),
    [
        ({"command": "/launch", "team_id": "T0US", "enterprise_id": "E0US"}, True),
        ({"command": "/launch", "team_id": "T0US", "is_enterprise_install": "false"}, True),
        ({"command": "/launch", "team_id": "T0SISTER", "enterprise_id": "E0US"}, False),
        ({"command": "/launch", "team_id": "T0US", "enterprise_id": "E0OTHER"}, False),
        ({"command": "/launch", "team_id": "", "enterprise_id": "E0US"}, False),
        ({"command": "/launch"}, False),
        (PRESS | {"team": OUR_TEAM, "user": {"id": "U1", "team_id": "T0US"}}, True),
        (PRESS | {"team": OUR_TEAM, "user": {"id": "U1"}}, True),
        (PRESS | {"team": OUR_TEAM | {"enterprise_id": "E0US"}, "enterprise": {"id": "E0US"}}, True),
        (PRESS | {"team": OUR_TEAM | {"enterprise_id": "E0OTHER"}}, False),
        (PRESS | {"team": OUR_TEAM, "user": {"id": "U1", "team_id": "T0OTHER"}}, False),
        (PRESS | {"team": {"id": "T0SISTER", "enterprise_id": "E0US"}, "enterprise": {"id": "E0US"}}, False),
        (PRESS | {"team": None, "enterprise": {"id": "E0US"}, "user": {"id": "U1", "team_id": "T0US"}}, True),
        (PRESS | {"team": None, "enterprise": {"id": "E0US"}, "user": {"team_id": "T0SISTER"}}, False),
        (PRESS | {"team": None, "enterprise": {"id": "E0US"}, "user": {"id": "U1"}}, False),
        (PRESS | {"team": OUR_TEAM, "view": {"team_id": "T0US", "app_installed_team_id": "T0OTHER"}}, False),
        (EVENT, True),
        (EVENT | {"authorizations": [{"team_id": "T0US", "enterprise_id": "E0US"}]}, True),
        (EVENT | {"authorizations": [{"team_id": None, "enterprise_id": "E0US"}]}, True),
        (EVENT | {"authorizations": [{"team_id": "T0OTHER", "enterprise_id": None}]}, False),
        (EVENT | {"context_team_id": "T0OTHER"}, False),
        (EVENT | {"team_id": "T0OTHER", "context_team_id": "T0US"}, False),
        (EVENT | {"event": {"type": "app_mention", "user_team": "T0OTHER", "team": "T0US"}}, False),
        (EVENT | {"event": {"type": "app_mention", "user": {"id": "U1", "team_id": "T0OTHER"}}}, False),
        ({"type": "event_callback", "event": {"type": "app_home_opened"}, "enterprise_id": "E0US"}, False),
        (EVENT | {"authorizations": "nonsense", "event": "nonsense", "view": 3}, True),
        ({}, False),
    ],
)
def test_a_payload_is_ours_when_it_names_us_and_nobody_else(body: Json, *, own: bool) -> None:
    """Slack names workspaces in many places and leaves some out; one that is not ours is enough to refuse."""
    assert is_own(OURS, body) is own


@pytest.mark.parametrize("enterprise_id", ["", "E0US"])
def test_outside_an_organisation_none_is_ours(enterprise_id: str) -> None:
    """Without an organisation of our own a payload of any organisation is a stranger's."""
    body = {"team_id": "T0US", "enterprise_id": enterprise_id}

    assert is_own(Workspace("T0US"), body) is not bool(enterprise_id)


async def test_the_bot_listens_only_once_it_knows_its_workspace() -> None:
    """Before auth.test has answered nothing could tell a stranger: no connection is open by then."""
    async with stage_on() as (stage, folder):
        settings = load_settings(stage.write_settings(folder))
        stage.slack.set_faults(server_errors={"auth.test": 2})
        async with serving(settings, load_secrets(stage.environment())):
            await stage.slack.wait_until(lambda: stage.slack.connections)
        calls = [(call.method, call.status) for call in stage.slack.traffic.calls]

    assert [("auth.test", 500), ("auth.test", 500), ("auth.test", 200)] == calls[:3]
    assert "apps.connections.open" in [name for name, _ in calls[3:]]


async def test_the_token_of_a_whole_organisation_is_refused_at_the_start() -> None:
    """Such a token has no workspace id to check payloads against."""
    with pytest.raises(BadInput, match="its token belongs to a whole organisation"):
        async with bot_on(workspace={"org_wide": True}):
            pass
