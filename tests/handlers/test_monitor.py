"""/monitor at its door: six replies in order, bad words, one thread at a time, regions that do not answer."""

from __future__ import annotations

import re

import pytest
from bed import Bed, bot_on, said, scenario

from bot.sandbox.slack.messages import Message
from bot.sandbox.world.scenario import JobTable
from bot.sandbox.world.state import Fault

HEADINGS = (
    "W&amp;B Launch agent",
    "Active Cloud Builds",
    "Recent Cloud Builds",
    "Vertex AI jobs",
    "Active W&amp;B runs",
    "Completed W&amp;B runs",
)
COLUMNS = (
    ("Execution", "Queue", "Region", "Status", "Runs", "Lifetime", "Created", "Note"),
    ("Build", "Image", "Region", "Status", "Step", "Duration", "Created"),
    ("Build", "Image", "Region", "Status", "Duration", "Finished", "Note"),
    ("Job", "Name", "Region", "State", "Machine", "Runtime", "Created", "Note"),
    ("Run", "Name", "State", "Runtime", "By", "Created"),
    ("Run", "Name", "State", "Runtime", "By", "Finished"),
)
CLOUDS = ("run", "aiplatform", "build", "logging")


def replies(bed: Bed, channel: str = "#training") -> list[Message]:
    """The replies of the newest monitor thread."""
    parent = [one for one in bed.slack.messages(channel) if not one.is_reply][-1]
    found: list[Message] = bed.slack.thread(channel, parent.ts)[1:]
    return found


async def whole(bed: Bed, count: int = 6) -> list[Message]:
    """The replies once all have come, every row with them, and no log is being read any more."""
    await bed.until(lambda: bed.slack.messages("#training"))
    await bed.until(lambda: len(replies(bed)) == count)
    parent = [one for one in bed.slack.messages("#training") if not one.is_reply][-1]
    await bed.until(lambda: "Still asking" not in said(parent))
    await bed.finished(count)
    return replies(bed)


async def test_monitor_shows_six_tables_in_order_with_their_columns() -> None:
    """People find a table by its place; the parent says in one line what runs and what failed."""
    async with bot_on() as bed:
        outcome = await bed.type("/monitor")
        found = await whole(bed)
        parent = bed.slack.messages("#training")[0]
        titles = [tuple(_titles(one)) for one in found]

        assert ({}, True) == (outcome.response, outcome.ok)
        assert [True] * 6 == [title in said(one) for title, one in zip(HEADINGS, found, strict=True)]
        assert list(COLUMNS) == titles
        assert "at work" in said(parent)
        assert "failed" in said(parent)
    assert {} == bed.effects()


def _titles(message: Message) -> list[str]:
    """The titles of the native table in a message."""
    (table,) = [block for block in message.body["blocks"] if block["type"] == "table"]
    return [str(cell["text"]) if "text" in cell else _text(cell) for cell in table["rows"][0]]


def _text(cell: dict[str, object]) -> str:
    return "".join(re.findall(r"'text': '([^']*)'", str(cell)))


async def test_text_tables_show_the_same_rows_in_fences() -> None:
    """A workspace whose people prefer plain tables gets every row without a table block."""
    async with bot_on(slack={"tables": "text"}) as bed:
        await bed.type("/monitor")
        found = await whole(bed)

        assert [] == [one for one in found if '"type": "table"' in said(one)]
        assert "vertex-ai-launcher-n8w2d" in said(found[0])
        assert "llama-8b-sft-v2" in said(found[3])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/monitor region=mars", ("'mars' is no region", "us-central1", "Example: /monitor region=")),
        ("/monitor region=us-centrall", ("Did you mean us-central1?",)),
        ("/monitor everything", ("'everything' is not understood", "runners, builds, recent-builds, jobs")),
        ("/monitor 'jobs", ("A quote is not closed",)),
        ("/monitor help", ("six tables in a thread", "region=us-central1")),
    ],
)
async def test_words_that_mean_no_scan_are_answered_privately(text: str, words: tuple[str, ...]) -> None:
    """An invalid argument is answered with the allowed ones, and no service is queried."""
    async with bot_on() as bed:
        before = sum(bed.stage.world.calls.values())
        outcome = await bed.type(text)

        assert [] == [one for one in words if one not in outcome.response["text"]]
        assert "ephemeral" == outcome.response["response_type"]
        assert [] == bed.slack.messages("#training")
        assert before == sum(bed.stage.world.calls.values())


async def test_sections_and_regions_that_are_named_are_the_only_ones_asked() -> None:
    """A scan of one region's jobs does not wait for other regions and services."""
    async with bot_on() as bed:
        before = dict(bed.stage.world.calls)
        await bed.type("/monitor jobs region=us-east4")
        (reply,) = await whole(bed, 1)
        asked = {key for key, count in bed.stage.world.calls.items() if count > before.get(key, 0)}

        assert {("aiplatform", "ListCustomJobs", "us-east4")} == asked
        assert "llama-8b-sft-v2" in said(reply)


async def test_a_second_monitor_gets_a_link_while_the_first_is_being_written() -> None:
    """A second user who types the same command gets a link to the thread."""
    async with bot_on(slack={"posts_per_second": 2.0, "post_burst": 1}) as bed:
        await bed.type("/monitor")
        await bed.until(lambda: bed.slack.messages("#training"))
        await bed.type("/monitor", user="bob")
        await bed.until(lambda: bed.notes("bob"))
        await whole(bed)

        assert "A scan with the same filters is already running" in bed.notes("bob")[0]
        assert "/archives/C0TRAINING/p" in bed.notes("bob")[0]
        assert 1 == len([one for one in bed.slack.messages("#training") if not one.is_reply])


async def test_refresh_edits_the_same_six_replies_in_place() -> None:
    """A thread is a standing board: a refresh brings it up to date and adds no message."""
    async with bot_on(scan_cache_ttl=0.001) as bed:
        await bed.type("/monitor")
        before = await whole(bed)
        bed.stage.world.jobs["5120987734410149888"].state = "SUCCEEDED"
        pressed = await bed.slack.press("bob", "#training", "monitor_refresh")
        await bed.until(lambda: "1 running" in said(replies(bed)[3]))

        assert pressed.ok
        assert [one.ts for one in before] == [one.ts for one in replies(bed)]
        assert [] == bed.notes("bob")


async def test_refresh_again_at_once_is_answered_privately() -> None:
    """Everybody shares one budget of edits: a nervous finger must not spend it."""
    async with bot_on(scan_cache_ttl=30) as bed:
        await bed.type("/monitor runs")
        await whole(bed, 1)
        await bed.slack.press("bob", "#training", "monitor_refresh")
        await bed.slack.press("bob", "#training", "monitor_refresh")
        await bed.until(lambda: bed.notes("bob"))

        assert "a moment ago" in bed.notes("bob")[0] or "already" in bed.notes("bob")[0]


async def test_a_refresh_of_a_thread_that_nobody_remembers_says_so() -> None:
    """A store that was thrown away must not leave a dead button without a word."""
    async with bot_on() as bed:
        await bed.type("/monitor runs")
        await whole(bed, 1)
        parent = bed.slack.messages("#training")[0]
        parent.body["ts"] = "1.000001"
        await bed.slack.press("bob", "#training", "monitor_refresh")
        await bed.until(lambda: bed.notes("bob"))

        assert "no longer known" in bed.notes("bob")[0]


async def test_a_denied_region_is_named_with_its_mend_and_costs_nobody_else_s_rows() -> None:
    """Swallowed region errors showed tables that looked whole while a running runner was missing."""
    async with bot_on("region-denied") as bed:
        await bed.type("/monitor")
        found = await whole(bed)

        denied = [one for one in found[:4] if "us-east4: no permission" in said(one) and "grant" in said(one)]
        assert 4 == len(denied)
        assert "bert-small-lr3e4" in said(found[3])


async def test_a_hanging_region_is_given_up_by_name_while_the_rest_is_shown() -> None:
    """One hung region once cost a whole table; now its own wait is bounded and its name is shown."""
    async with bot_on("region-hangs", scan_first=0.3, scan_limit=3.5) as bed:
        await bed.type("/monitor")
        await bed.until_shown("bert-small-lr3e4")
        early = bed.shown()
        found = await whole(bed)

        assert "Still asking" in early
        await bed.until(lambda: all("europe-west4: no answer from" in said(one) for one in found[:4]))


async def test_when_nobody_can_be_asked_no_table_says_none() -> None:
    """ "Could not ask" and "none" never look alike: an outage must not read as a quiet night."""
    async with bot_on("all-denied") as bed:
        await bed.type("/monitor")
        found = await whole(bed)
        parent = bed.slack.messages("#training")[0]

        assert "Nothing is known: nobody could be asked" in said(parent)
        assert [] == [
            one for one in found if re.search(r"No (active|recent|custom|completed|runs)", said(one))
        ]


async def test_finished_builds_do_not_stay_active() -> None:
    """Ghosts: the last rows once stayed "active" for ever, although nothing had failed."""
    async with bot_on(scan_cache_ttl=0.001) as bed:
        await bed.type("/monitor builds")
        (before,) = await whole(bed, 1)
        shown_before = said(before)
        for build in bed.stage.world.builds.values():
            build.status = "SUCCESS" if build.status in ("WORKING", "QUEUED") else build.status
        await bed.slack.press("alice", "#training", "monitor_refresh")
        await bed.until(lambda: "No active builds" in said(replies(bed)[0]))

        assert "c71f0a52" in shown_before
        assert "c71f0a52" not in said(replies(bed)[0])


async def test_rows_of_before_are_marked_as_old_when_the_second_scan_is_denied() -> None:
    """Stale rows after a denial are marked with their age and the reason."""
    async with bot_on(scan_cache_ttl=0.001) as bed:
        await bed.type("/monitor jobs builds")
        await whole(bed, 2)
        for cloud in CLOUDS:
            bed.stage.world.faults.append(Fault(service=cloud, status="PERMISSION_DENIED", message="denied"))
        await bed.slack.press("alice", "#training", "monitor_refresh")
        await bed.until(lambda: "Older rows from" in said(bed.slack.messages("#training")[0]))
        await bed.until(lambda: "these rows are" in said(replies(bed)[1]))

        assert "no permission to list custom jobs" in said(replies(bed)[1])


async def test_w_and_b_down_keeps_every_row_of_google_cloud() -> None:
    """One outside system's outage is its own footer line, not an empty board."""
    async with bot_on("wandb-down") as bed:
        await bed.type("/monitor")
        found = await whole(bed)

        assert "bert-small-lr3e4" in said(found[3])
        assert "W&amp;B" in said(found[4])
        assert "<html>" not in said(found[4])


async def test_rows_that_no_message_can_hold_come_as_a_file() -> None:
    """A thousand jobs break no table: the first rows are shown and the whole is a CSV in the thread."""
    jobs = tuple(
        {"job_id": f"{7000000000000000000 + number}", "name": f"sweep-{number:04}", "state": "RUNNING"}
        for number in range(300)
    )
    many = scenario("region-denied", job=tuple(JobTable.model_validate(job) for job in jobs), fault=())
    async with bot_on(many) as bed:
        await bed.type("/monitor jobs")
        await bed.until(bed.slack.files)
        (file,) = bed.slack.files()

    assert "jobs.csv" == file.name
    assert 301 == len(file.text().strip().splitlines())
