"""The Refresh button, and threads that were interrupted or written by another process."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from bed import Bed, bot_on, brief, running, said, stage_on

from bot.models.launch import MessageRef
from bot.ports import Thread
from bot.sandbox.slack.messages import Message
from bot.sandbox.world.state import Fault

RUNNING_JOB = "5120987734410149888"


def parent(bed: Bed) -> Message:
    return next(one for one in bed.slack.messages("#training") if not one.is_reply)


def replies(bed: Bed) -> list[Message]:
    found: list[Message] = bed.slack.thread("#training", parent(bed).ts)[1:]
    return found


async def written(bed: Bed, text: str = "/monitor", count: int = 6) -> None:
    await bed.type(text)
    await bed.until(lambda: bed.slack.messages("#training"))
    await bed.finished(count)


def end(bed: Bed, state: str) -> None:
    """The running job ends now."""
    job = bed.stage.world.jobs[RUNNING_JOB]
    job.state, job.ended = state, datetime.now(UTC)


async def test_a_refresh_says_what_changed_even_after_a_restart() -> None:
    """What a thread showed is remembered with it, not in the process that drew it."""
    async with stage_on(brief()) as (stage, folder):
        path = stage.write_settings(folder, scan_first=0.6, scan_limit=2.0, scan_cache_ttl=0.001)
        async with running(stage, path) as bed:
            await written(bed)
        async with running(stage, path) as bed:
            end(bed, "SUCCEEDED")
            await bed.slack.press("bob", "#training", "monitor_refresh")
            await bed.until(lambda: "1 finished since" in said(parent(bed)))

            assert 6 == len(replies(bed))


async def test_a_refresh_edits_only_what_has_changed() -> None:
    """Forty edits a minute are for a whole workspace: tables without news leave them to the cards."""
    async with bot_on(scan_cache_ttl=0.001) as bed:
        await written(bed)
        before = [one.body.get("edited") for one in replies(bed)]
        end(bed, "SUCCEEDED")
        await bed.slack.press("bob", "#training", "monitor_refresh")
        await bed.until(lambda: "1 running" in said(replies(bed)[3]))
        await bed.finished(6)
        edited = [one.body.get("edited") != was for one, was in zip(replies(bed), before, strict=True)]

        assert edited[3]
        assert not edited[5]


async def test_a_refresh_that_has_nothing_to_compare_with_says_so() -> None:
    """A thread of an older version: silence would read as "nothing changed"."""
    async with bot_on(scan_cache_ttl=0.001) as bed:
        await written(bed, "/monitor jobs", 1)
        thread = await bed.store.threads.find(MessageRef(parent(bed).channel, parent(bed).ts))
        assert thread is not None
        await bed.store.threads.remember(replace(thread, shown=None))
        await bed.slack.press("bob", "#training", "monitor_refresh")

        await bed.until(lambda: "What has changed is not known" in said(parent(bed)))


async def test_a_refresh_shows_the_rows_before_it_has_read_the_logs() -> None:
    """Reading logs may take most of a minute; the failure itself is shown at once."""
    async with bot_on(scan_cache_ttl=0.001) as bed:
        await written(bed, "/monitor jobs", 1)
        bed.stage.world.faults.append(Fault("logging", delay=4.0))
        end(bed, "FAILED")
        await bed.slack.press("bob", "#training", "monitor_refresh")
        await bed.until(lambda: "1 running, 3 failed" in said(replies(bed)[0]), 3.5)
        early = said(replies(bed)[0])
        await bed.until(lambda: "reading its log" not in said(replies(bed)[0]))

    assert "reading its log" in early
    assert "FileNotFoundError" in early


async def test_a_refresh_that_waits_for_a_region_tells_so_and_takes_no_rows_away() -> None:
    """Eight seconds without a sign look like a dead button; half a table in place of a whole one is worse."""
    async with bot_on(scan_cache_ttl=0.001, scan_first=0.3, scan_limit=2.0) as bed:
        await written(bed, "/monitor jobs", 1)
        before = said(replies(bed)[0])
        bed.stage.world.faults.append(Fault("aiplatform", region="us-east4", hang=True))
        await bed.slack.press("bob", "#training", "monitor_refresh")
        await bed.until(lambda: "Still asking us-east4" in said(parent(bed)))

        assert before == said(replies(bed)[0])
        await bed.until(
            lambda: "not asked now" in said(replies(bed)[0]) or "no answer" in said(replies(bed)[0])
        )


async def test_lost_answers_leave_a_whole_thread_with_each_table_once() -> None:
    """Slack took the message and the connection died: it is found by its tags, and the thread goes on."""
    async with bot_on() as bed:
        bed.slack.set_faults(lost_answers={"chat.postMessage": 3})
        await written(bed)

        assert [6, 7] == [len(replies(bed)), len(bed.slack.messages("#training"))]
        assert 6 == len({said(one)[:40] for one in replies(bed)})
        assert [] == bed.notes()


async def test_where_the_bot_may_not_read_a_lost_table_is_posted_again() -> None:
    """Without the history scopes a lost post cannot be found, so the table may be posted twice."""
    async with bot_on() as bed:
        bed.slack.set_faults(
            refusals={
                "chat.postMessage": [],
                "conversations.replies": ["missing_scope"] * 9,
                "conversations.history": ["missing_scope"] * 9,
            }
        )
        await bed.type("/monitor")
        await bed.until(lambda: bed.slack.messages("#training"))
        bed.slack.set_faults(lost_answers={"chat.postMessage": 1})
        await bed.finished(6)

        assert 6 == len({said(one)[:40] for one in bed.slack.messages("#training") if one.is_reply})


async def test_a_refresh_completes_a_thread_that_slack_left_half_written() -> None:
    """What was posted is remembered whatever came after: the rest follows, and nothing comes twice."""
    async with bot_on(scan_cache_ttl=0.001) as bed:
        bed.slack.set_faults(refusals={"chat.postMessage": ["", "", "", "cannot_reply_to_message"]})
        await bed.type("/monitor")
        await bed.until(lambda: any("could not be done" in note for note in bed.notes()))
        await bed.finished(2)
        await bed.slack.press("alice", "#training", "monitor_refresh")
        await bed.finished(6)

        assert 6 == len({said(one)[:40] for one in replies(bed)})
        assert 7 == len(bed.slack.messages("#training"))


async def test_two_who_type_at_once_get_one_thread() -> None:
    """The second once slipped in while the first was waiting for its rows."""
    async with bot_on(scan_first=0.5) as bed:
        bed.stage.world.faults.append(Fault("run", region="us-east4", delay=0.4))
        await asyncio.gather(bed.type("/monitor runners jobs"), bed.type("/monitor jobs runners", user="bob"))
        await bed.until(lambda: bed.notes("alice") + bed.notes("bob"))
        await bed.finished(2)

        assert 1 == len([one for one in bed.slack.messages("#training") if not one.is_reply])
        assert "/archives/C0TRAINING/p" in (bed.notes("alice") + bed.notes("bob"))[0]


async def test_a_thread_that_another_process_is_writing_is_linked_too() -> None:
    """Behind one address there may be many processes, and a channel needs one answer."""
    async with bot_on() as bed:
        url = "https://acme.slack.com/archives/C0TRAINING/p1700000000000001"
        elsewhere = Thread(
            MessageRef("C0TRAINING", "1700000000.000001", url), words="jobs runs", started=datetime.now(UTC)
        )
        await bed.store.threads.remember(elsewhere)
        await bed.type("/monitor runs jobs")
        await bed.until(bed.notes)

        assert url in bed.notes()[0]
        assert [] == bed.slack.messages("#training")
