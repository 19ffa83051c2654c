from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from rig import Rig
from test_launch_wait import waiting

from bot.models.cloud import JobState
from bot.models.launch import Verdict


async def test_the_follow_through_looks_ever_more_seldom(rig: Rig) -> None:
    """A job of a day is not asked after every five seconds, its end still seen within minutes."""
    launch = await waiting(rig)
    rig.make_job(rig.item(launch))
    now = await rig.until(launch, lambda now: now.job, acts=False)
    pauses = []
    for _ in range(60):
        now = await rig.turn(now)
        pauses.append((now.due - rig.clock.time).total_seconds())

    timing = rig.settings.timing
    assert pauses[0] <= timing.follow_first + timing.poll
    assert timing.follow_last <= pauses[-1] <= timing.follow_last + timing.poll
    assert all(before <= after + timing.poll for before, after in pairwise(pauses))


async def test_a_job_cancelled_outside_is_said_to_be(rig: Rig) -> None:
    """Nobody of us cancelled it: the card must not name one of us, nor call it failed."""
    launch = await waiting(rig)
    job = rig.make_job(rig.item(launch))
    await rig.until(launch, lambda now: now.job, acts=False)
    rig.end_job(job, "CANCELLED")

    ended = await rig.to_end(launch, acts=False)

    assert (Verdict.CANCELLED, "") == (ended.verdict, ended.cancel_by)
    assert "outside this bot" in rig.thread()


async def test_a_job_deleted_from_vertex_is_lost_sight_of(rig: Rig) -> None:
    """What Vertex AI knows no more has no end that anybody could tell: this is said, with where to look."""
    launch = await waiting(rig)
    job = rig.make_job(rig.item(launch))
    await rig.until(launch, lambda now: now.job, acts=False)
    del rig.world.jobs[job.job_id]

    ended = await rig.to_end(launch, acts=False)

    assert Verdict.LOST is ended.verdict
    assert "lost track of" in rig.thread().lower()


async def test_a_launch_is_not_followed_for_ever(rig: Rig) -> None:
    """After the follow-through's limit the last word is honest: no end was seen."""
    launch = await waiting(rig)
    rig.make_job(rig.item(launch))
    await rig.until(launch, lambda now: now.job, acts=False)
    rig.clock.time += timedelta(days=rig.settings.timing.follow_days)

    ended = await rig.to_end(launch, acts=False)

    assert Verdict.LOST is ended.verdict


async def test_a_state_change_while_following_reaches_the_card(rig: Rig) -> None:
    """PENDING and RUNNING are news: people plan by them."""
    launch = await waiting(rig)
    job = rig.make_job(rig.item(launch), "PENDING")
    await rig.until(launch, lambda now: now.job, acts=False)
    job.state = "RUNNING"

    now = await rig.until(launch, lambda now: now.job and now.job.state is JobState.RUNNING, acts=False)

    assert now.verdict is Verdict.SUBMITTED
    await rig.slack.wait_until(lambda: "RUNNING" in str(rig.cards()[0].body["blocks"]), 30)
