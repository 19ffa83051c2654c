"""The App Home: shown at once, completed by a scan, which many users share."""

from __future__ import annotations

import re

from bed import Bed, bot_on, scenario

from bot.sandbox.world.scripts import LaunchScript
from bot.sandbox.world.state import Fault

LONG = (LaunchScript.model_validate({"timeline": "PENDING 1 -> RUNNING 100000 -> SUCCEEDED"}),)
AT_WORK = "1 runner, 2 builds, 3 jobs and 2 W&amp;B runs at work."


def board(bed: Bed, user: str = "bob") -> str:
    return str(bed.slack.home(user))


def log_reads(bed: Bed) -> int:
    return sum(count for (service, _, _), count in bed.stage.world.calls.items() if service == "logging")


async def test_the_board_counts_what_is_at_work_in_the_whole_project() -> None:
    """What nobody launched here runs and costs too."""
    async with bot_on() as bed:
        bed.slack.open_home("bob")
        await bed.until(lambda: AT_WORK in board(bed))

        assert "0 running, 0 queued or starting, 0 failed today." in board(bed)
        assert "failed lately" not in board(bed)


async def test_what_the_store_knows_is_shown_before_any_region_has_answered() -> None:
    """A tab that stays empty for seconds looks broken; a region that hangs is named, then given up."""
    async with bot_on(scan_first=0.5, scan_limit=1.5) as bed:
        bed.stage.world.faults.append(Fault("aiplatform", region="us-east4", hang=True))
        bed.slack.open_home("bob")
        await bed.until(lambda: "asking all regions..." in board(bed))
        await bed.until(lambda: "Still asking us-east4" in board(bed))
        await bed.until(lambda: "No answer from us-east4" in board(bed))

        assert "2 jobs" in board(bed)


async def test_the_four_groups_hold_the_launches_that_belong_there() -> None:
    """Running, queued, failed today, mine: the questions with which people open the tab."""
    played = scenario("item-fails-quota")
    async with bot_on(played.model_copy(update={"launch": (*played.launch, *LONG)})) as bed:
        await bed.type("/launch", user="alice")
        await bed.settled("failed")
        await bed.type("/launch", user="bob")
        # The art comes when the job is seen, which may be before it runs.
        await bed.until(lambda: re.search(r"Submitted: job \d+ .*· running", bed.shown()))
        bed.slack.open_home("alice")
        await bed.until(lambda: "1 running, 0 queued or starting, 1 failed today." in board(bed, "alice"))
        failed, running = (launch.name for launch in await bed.launches())
        text = board(bed, "alice")

        assert text.index("*Running*") < text.index(running) < text.index("*Queued or starting*")
        assert text.index("*Failed in the last day*") < text.index(failed) < text.index("*Mine*")
        assert failed in text[text.index("*Mine*") :]
        assert running not in text[text.index("*Mine*") :]


async def test_many_who_open_it_at_once_cost_one_scan_and_no_log_of_an_old_failure() -> None:
    """A board that hangs on every wall must not eat the quota that a triage needs."""
    async with bot_on(scan_cache_ttl=5.0) as bed:
        before = dict(bed.stage.world.calls)
        for user in ("alice", "bob", "alice", "bob"):
            bed.slack.open_home(user)
        await bed.until(lambda: AT_WORK in board(bed, "alice") and AT_WORK in board(bed, "bob"))
        asked = {key: count - before.get(key, 0) for key, count in bed.stage.world.calls.items()}

        assert {1} == {count for (service, _, _), count in asked.items() if service == "aiplatform" and count}
        assert 1 >= log_reads(bed)


async def test_the_button_asks_again() -> None:
    """The tab says what is true now, not what was true when it was opened."""
    async with bot_on(scan_cache_ttl=0.001) as bed:
        bed.slack.open_home("bob")
        await bed.until(lambda: AT_WORK in board(bed))
        bed.stage.world.jobs["5120987734410149888"].state = "SUCCEEDED"
        pressed = await bed.slack.press_in_view("bob", "home_refresh")
        await bed.until(lambda: "2 builds, 2 jobs" in board(bed))

        assert pressed.ok
