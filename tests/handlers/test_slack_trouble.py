"""Slack away, slow, older or forgetful: everything that matters still arrives, once."""

from __future__ import annotations

import re
from datetime import timedelta

from bed import Bed, bot_on, said
from structlog.testing import capture_logs

from bot.runtime.clock import SystemClock
from bot.sandbox.slack.messages import Message


def cards(bed: Bed) -> list[Message]:
    return [one for one in bed.slack.messages("#training") if not one.is_reply]


def closings(bed: Bed) -> list[Message]:
    """The closing replies of all launches: those that mention the launcher."""
    texts = [one for one in bed.slack.messages("#training") if one.is_reply and "<@U0ALICE>" in said(one)]
    return [one for one in texts if re.search(r"(succeeded|failed|was cancelled)", said(one))]


def opened(bed: Bed) -> int:
    """How many Socket Mode connections were opened so far."""
    return sum(what == "open" for _, what, _ in bed.slack.traffic.connections)


async def test_an_old_workspace_gets_plain_blocks_and_is_not_asked_again_for_a_day() -> None:
    """A refused block type costs one try a day, not one a message; an admin finds it in the log."""
    with capture_logs() as logs:
        async with bot_on("old-workspace") as bed:
            await bed.type("/monitor")
            await bed.until_shown("Completed W&B runs")
            await bed.type("/monitor runs")
            await bed.until(lambda: bed.shown().count("Active W&B runs") == 2)
            now, team = SystemClock().now(), bed.team
            after = [
                await bed.store.workspaces.refused_blocks(team, now + timedelta(hours=hours))
                for hours in (23, 25)
            ]
            refused = [call for call in bed.slack.traffic.calls if call.error == "invalid_blocks"]

    assert "bert-small-lr3e4" in bed.shown()
    assert 1 <= len(refused) <= 2
    assert [frozenset({"table"}), frozenset()] == [after[0] & {"table"}, after[1]]
    assert ("error", "table") in [(entry["log_level"], entry.get("block")) for entry in logs]


async def test_rate_limited_posts_arrive_late_but_whole() -> None:
    """429 with Retry-After is an instruction, not a loss."""
    async with bot_on() as bed:
        bed.slack.set_faults(rate_limited={"chat.postMessage": 3, "chat.update": 2}, retry_after=1)
        await bed.type("/monitor")
        await bed.until(lambda: len(bed.slack.messages("#training")) == 7)
        titles = [said(one)[:60] for one in bed.slack.messages("#training")]

    assert 7 == len(set(titles))


async def test_edits_that_slack_fails_are_delivered_when_it_is_back() -> None:
    """The outcome is the card's last edit: it may be late, never lost."""
    async with bot_on() as bed:
        await bed.type("/launch")
        await bed.until(lambda: cards(bed))
        bed.slack.set_faults(server_errors={"chat.update": 4})
        await bed.settled("succeeded")

        assert "Succeeded" in said(cards(bed)[0])
        assert 1 == len(closings(bed))


async def test_an_outage_over_the_whole_launch_loses_neither_card_nor_reply() -> None:
    """Slack away for the whole training: the launch goes on, and afterwards its card tells the end, once."""
    async with bot_on() as bed:
        await bed.type("/launch")
        await bed.until(lambda: cards(bed))
        bed.slack.set_faults(outage_seconds=3)
        await bed.settled("succeeded")

        assert (1, 1) == (len(cards(bed)), len(closings(bed)))
        assert "Succeeded" in said(cards(bed)[0])


async def test_a_lost_answer_to_the_card_s_post_does_not_post_it_twice() -> None:
    """The post was carried out and its answer lost: the card is found by its metadata."""
    async with bot_on() as bed:
        bed.slack.set_faults(lost_answers={"chat.postMessage": 1})
        await bed.type("/launch")
        await bed.settled("succeeded")

        assert (1, 1) == (len(cards(bed)), len(closings(bed)))
        assert {"RunJob": 1, "pushToRunQueueByName": 1} == bed.effects()


async def test_a_lost_answer_to_the_closing_reply_does_not_post_it_twice() -> None:
    """One outcome: a team that reads "failed" twice looks for the second failure."""
    async with bot_on() as bed:
        await bed.type("/launch")
        await bed.until_shown("Task → Cloud")
        bed.slack.set_faults(lost_answers={"chat.postMessage": 1})
        await bed.settled("succeeded")

        assert 1 == len(closings(bed))


async def test_connections_that_are_cut_come_back_and_lose_no_command() -> None:
    """Slack replaces connections every few hours; nobody should notice."""
    async with bot_on(slack={"ping_seconds": 0.2}) as bed:
        bed.slack.abort_connections(1)
        await bed.until(lambda: opened(bed) == 3 and bed.slack.connections == 2)
        first = await bed.type("/launch help")
        await bed.slack.disconnect("refresh_requested", close_after=0.1)
        await bed.until(lambda: opened(bed) >= 5 and bed.slack.connections == 2)
        second = await bed.type("/launch help")

        assert (True, True) == (first.ok, second.ok)


async def test_an_unexpected_error_shows_a_number_that_is_in_the_log() -> None:
    """A button of an older version, say: the person gets a number, the log the reason."""
    with capture_logs() as logs:
        async with bot_on() as bed:
            await bed.type("/launch")
            await bed.until(lambda: cards(bed))
            payload = bed.press_payload(cards(bed)[0], "log_more", "of-an-older-version")
            pressed = await bed.deliver("interactive", payload)
            await bed.until(bed.notes)
            note = bed.notes()[0]

    (number,) = {entry["correlation"] for entry in logs if "correlation" in entry}
    assert pressed.ok
    assert "Something went wrong on our side" in note
    assert number in note
    assert "Traceback" not in note
