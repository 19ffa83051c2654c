"""All buttons and selects: they are acknowledged, act once, and refuse in ephemeral replies."""

from __future__ import annotations

import re
from functools import partial

from bed import Bed, bot_on, said, scenario

from bot.sandbox.slack.messages import Message
from bot.sandbox.world.scripts import LaunchScript
from bot.sandbox.world.state import Fault

# A job that runs until the test ends: there is time to cancel it.
LONG = (LaunchScript.model_validate({"timeline": "PENDING 1 -> RUNNING 100000 -> SUCCEEDED"}),)


async def _running(bed: Bed) -> None:
    await bed.type("/launch")
    await bed.until_shown("Task → Cloud")


async def test_the_launcher_cancels_and_the_card_says_by_whom() -> None:
    """A cancelled launch costs nothing more: the job is stopped first, then it is said, with a name."""
    async with bot_on(scenario(launch=LONG)) as bed:
        await _running(bed)
        offered = said(bed.slack.messages("#training")[0])
        pressed = await bed.slack.press("alice", "#training", "launch_cancel")
        await bed.settled("cancelled")
        card = bed.slack.messages("#training")[0]

        assert pressed.ok
        assert "Cancel this launch?" in offered
        assert 1 == bed.effects()["CancelCustomJob"]
        assert "Cancelled" in said(card)
        assert "U0ALICE" in said(card) or "alice" in said(card)
        assert "launch_cancel" not in said(card)


async def test_somebody_else_s_cancel_is_refused_privately() -> None:
    """Another person's night run is not mine to stop; the refusal says who may, and only to me."""
    async with bot_on(scenario(launch=LONG)) as bed:
        await _running(bed)
        await bed.slack.press("bob", "#training", "launch_cancel")
        await bed.until(lambda: bed.notes("bob"))

        assert "Only alice or an admin may cancel this launch. Ask @alice" in bed.notes("bob")[0]
        assert "CancelCustomJob" not in bed.effects()
        assert [] == bed.notes("alice")


async def test_cancel_pressed_twice_is_one_cancel() -> None:
    """People press until something moves: one effect, one outcome."""
    async with bot_on(scenario(launch=LONG)) as bed:
        await _running(bed)
        card = bed.slack.messages("#training")[0]
        (launch,) = await bed.launches()
        payload = bed.press_payload(card, "launch_cancel", launch.launch_id)
        acks = [await bed.deliver("interactive", payload) for _ in range(3)]
        await bed.settled("cancelled")
        late = await bed.deliver("interactive", payload)
        await bed.until(lambda: any("has ended already" in note for note in bed.notes()))

        assert all(ack.ok for ack in (*acks, late))
        assert 1 == bed.effects()["CancelCustomJob"]


async def test_cancel_by_its_id_takes_a_waiting_launch_out_of_the_queue() -> None:
    """The command does what the button does, from a phone that shows no buttons."""
    quiet = scenario("runner-full")
    async with bot_on(quiet, pending_timeout=30) as bed:
        await bed.type("/launch")
        await bed.until(bed.queued)
        (launch,) = await bed.launches()
        outcome = await bed.type(f"/launch cancel {launch.launch_id}")
        await bed.settled("cancelled")

        assert "Cancelling" in outcome.response["text"]
        assert [True] == [
            item.removed for item in bed.stage.world.items.values() if launch.launch_id in str(item.spec)
        ]
        assert 1 == bed.effects()["deleteFromRunQueue"]


async def test_relaunch_launches_the_same_again_for_whoever_pressed() -> None:
    """After a quota error the same words are wanted again: one press, a new launch, the presser's own."""
    async with bot_on() as bed:
        await bed.type("/launch bert-small lr=0.002")
        await bed.settled("succeeded")
        await bed.slack.press("bob", "#training", "launch_relaunch")
        await bed.settled("succeeded", "succeeded")
        first, second = await bed.launches()

        assert first.overrides == second.overrides == (("lr", "0.002"),)
        assert (first.preset, "bob") == (second.preset, second.user_name)
        assert 2 == len(bed.queued())


async def test_relaunch_asks_first_and_says_what_and_whose() -> None:
    """A press by mistake costs hours of a GPU, and the card that was pressed may be another person's."""
    async with bot_on() as bed:
        await bed.type("/launch bert-small lr=0.002")
        await bed.settled("succeeded")
        card = bed.slack.messages("#training")[0]
        (asked,) = [
            element["confirm"]
            for block in card.body["blocks"]
            for element in block.get("elements", [])
            if element.get("action_id") == "launch_relaunch"
        ]

        assert "Launch this again?" == asked["title"]["text"]
        question = asked["text"]["text"]
        assert question.startswith("Preset bert-small with lr=0.002. Cost: about $1.70 (2 h), at most about ")
        assert question.endswith("This was alice's launch.")
        assert ("Launch it", "Not now") == (asked["confirm"]["text"], asked["deny"]["text"])


async def test_relaunch_by_a_person_who_may_not_launch_is_refused_privately() -> None:
    """A button is no way around the list of who may spend."""
    async with bot_on(tables={"access": {"users": ["U0ALICE"]}}) as bed:
        await bed.type("/launch")
        await bed.settled("succeeded")
        await bed.slack.press("bob", "#training", "launch_relaunch")
        await bed.until(lambda: bed.notes("bob"))

        assert "You may not launch with this bot" in bed.notes("bob")[0]
        assert 1 == len(await bed.launches())


async def test_full_log_comes_as_a_file_into_the_thread() -> None:
    """The collapsed lines are a taste; the whole log is one press away and stays in the thread."""
    async with bot_on() as bed:
        await bed.type("/monitor jobs")
        await bed.until_shown("Full log")
        parent = bed.slack.messages("#training")[0]
        pressed = await bed.slack.press("alice", "#training", "log_file")
        await bed.until(bed.slack.files)
        await bed.until(
            lambda: any(one.body.get("files") for one in bed.slack.thread("#training", parent.ts))
        )
        (file,) = bed.slack.files()

        assert pressed.ok
        assert re.fullmatch(r"\d+\.log", file.name)
        assert "OutOfMemoryError" in file.text() or "FileNotFoundError" in file.text()


async def test_more_and_less_context_edit_one_message_beneath_the_table() -> None:
    """The table stays as it is; the longer log is one message that grows and shrinks in place."""
    async with bot_on() as bed:
        await bed.type("/monitor runners")
        await bed.until_shown("More context")
        parent = bed.slack.messages("#training")[0]
        table = said(bed.slack.thread("#training", parent.ts)[1])
        await bed.slack.press("alice", "#training", "log_more")
        await bed.until(lambda: len(bed.slack.thread("#training", parent.ts)) == 3)
        longer = bed.slack.thread("#training", parent.ts)[2]
        for action, number in (("log_more", "404"), ("log_less", "101"), ("log_less", "")):
            await bed.slack.press("alice", "#training", action, ts=longer.ts)
            await bed.until(partial(_says, longer, number))
        thread = bed.slack.thread("#training", parent.ts)

        assert 3 == len(thread)
        assert table == said(thread[1])
        assert [] == bed.notes()


def _says(message: Message, words: str) -> bool:
    return words in said(message)


async def test_why_is_answered_in_the_thread() -> None:
    """The cause and what to do are for the team, not only for who asked."""
    async with bot_on() as bed:
        await bed.type("/monitor jobs")
        await bed.until_shown("Act on...")
        await bed.until_shown("OutOfMemoryError")
        parent = bed.slack.messages("#training")[0]
        await bed.slack.press(
            "bob", "#training", "monitor_act", option="why|jobs|us-east1|6120987734410149888"
        )
        await bed.until(lambda: len(bed.slack.thread("#training", parent.ts)) == 3)

        assert "OutOfMemoryError" in said(bed.slack.thread("#training", parent.ts)[2])
        assert [] == bed.notes("bob")


async def test_cancel_under_a_table_asks_first_and_is_for_admins_alone() -> None:
    """Rows that the bot did not launch: admins must confirm a cancel, others are refused."""
    row = "cancel|jobs|us-east4|5120987734410149888"
    async with bot_on() as bed:
        await bed.type("/monitor jobs")
        await bed.until_shown("Act on...")
        await bed.slack.press("bob", "#training", "monitor_act", option=row)
        await bed.until(lambda: bed.notes("bob"))
        await bed.slack.press("alice", "#training", "monitor_act", option=row)
        await bed.until(lambda: bed.notes("alice"))
        asked = bed.effects()
        await bed.slack.press("alice", "#training", "row_cancel")
        await bed.until(bed.effects)

        assert "Only an admin may cancel" in bed.notes("bob")[0]
        assert {} == asked
        assert {"CancelCustomJob": 1} == bed.effects()
        assert bed.stage.world.jobs["5120987734410149888"].state in ("CANCELLING", "CANCELLED")


async def test_cancel_of_a_run_in_a_table_means_its_own_id() -> None:
    """A prefixed row key once went to W&B, which matched no run: the id in the select is the run's own."""
    async with bot_on() as bed:
        await bed.type("/monitor runs")
        await bed.until_shown("Act on...")
        await bed.slack.press("alice", "#training", "monitor_act", option="cancel|runs|-|l8s2v0fa")
        await bed.until(lambda: bed.notes("alice"))
        await bed.slack.press("alice", "#training", "row_cancel")
        await bed.until(lambda: bed.stage.world.runs["l8s2v0fa"].stop_requested)

        assert {"stopRun": 1} == bed.effects()


async def test_cancel_of_a_launch_s_job_in_a_table_is_a_cancel_of_the_launch() -> None:
    """The card must tell the same story as the table, and its launcher needs no admin."""
    async with bot_on(scenario(launch=LONG)) as bed:
        await bed.type("/launch", user="bob")
        await bed.until_shown("Task → Cloud")
        (launch,) = await bed.launches()
        assert launch.job is not None
        await bed.type("/monitor jobs")
        await bed.until_shown("Act on...")
        row = f"cancel|jobs|us-central1|{launch.job.job_id}"
        await bed.slack.press("bob", "#training", "monitor_act", option=row)
        await bed.until(lambda: bed.notes("bob"))
        await bed.slack.press("bob", "#training", "row_cancel")
        await bed.settled("cancelled")
        (ended,) = await bed.launches()

        assert "bob" == ended.cancel_by


async def test_builds_and_runners_are_cancelled_by_an_admin() -> None:
    """A stuck build or an agent on the wrong queue costs money too."""
    rows = (
        "cancel|runners|europe-west4|vertex-ai-launcher-n8w2d",
        "cancel|builds|us-central1|c71f0a52-6d84-4b0e-9a35-1f0e6a7b42d9",
    )
    async with bot_on() as bed:
        await bed.type("/monitor runners builds")
        await bed.until(lambda: bed.shown().count("Act on...") == 2)
        parent = bed.slack.messages("#training")[0]
        tables = bed.slack.thread("#training", parent.ts)[1:]
        for table, row in zip(tables, rows, strict=True):
            await bed.slack.press("alice", "#training", "monitor_act", ts=table.ts, option=row)
            await bed.until(lambda: "row_cancel" in " ".join(bed.notes()))
            await bed.slack.press("alice", "#training", "row_cancel")
            await bed.until(lambda: "row_cancel" not in " ".join(bed.notes()))

        assert {"CancelBuild": 1, "CancelExecution": 1} == bed.effects()


async def test_buttons_that_only_open_a_page_are_acknowledged() -> None:
    """Slack shows a warning sign beside a press that nobody acknowledged."""
    async with bot_on() as bed:
        await _running(bed)
        await bed.until_shown("[Open job]")
        pressed = await bed.slack.press("alice", "#training", "open_console.job")

        assert pressed.ok
        assert [] == bed.notes()


async def test_app_home_shows_the_board_when_opened_and_when_refreshed() -> None:
    """A standing board: what runs, whose, without asking in a channel."""
    async with bot_on() as bed:
        bed.slack.open_home("bob")
        await bed.until(lambda: bed.slack.home("bob"))
        empty = str(bed.slack.home("bob"))
        await bed.type("/launch", user="bob")
        await bed.settled("succeeded")
        refreshed = await bed.slack.press_in_view("bob", "home_refresh")
        await bed.until(lambda: "bert-small" in str(bed.slack.home("bob")))

        assert "Nothing is running" in empty
        assert refreshed.ok


async def test_a_log_that_cannot_be_read_is_said_privately() -> None:
    """A press without any answer looks like a broken bot: the reason and the row's name are told."""
    async with bot_on() as bed:
        await bed.type("/monitor jobs")
        await bed.until_shown("Full log")
        bed.stage.world.faults.append(Fault("logging", status="PERMISSION_DENIED", message="denied"))
        await bed.slack.press("bob", "#training", "log_file")
        await bed.until(lambda: bed.notes("bob"))

        assert "could not be read" in bed.notes("bob")[0]
        assert "permission" in bed.notes("bob")[0].lower()
        assert [] == bed.slack.files()
