"""A launch whose item may be pending is never let go, and "no job" is said of all regions or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rig import Rig
from test_launch_wait import kind, waiting

from bot.models.launch import FailureKind, Launch, Stage, Verdict

ELSEWHERE = "europe-west4"


def jobs(rig: Rig) -> list[str]:
    """The run ids of all custom jobs."""
    return [job.labels["wandb-run-id"] for job in rig.world.jobs.values()]


async def turns(rig: Rig, launch: Launch, number: int) -> Launch:
    for _ in range(number):
        launch = await rig.turn(launch)
    return launch


def submit_elsewhere(rig: Rig, launch: Launch) -> None:
    """An agent that works in another region takes the item and submits its job there."""
    job = rig.make_job(rig.item(launch))
    job.region, rig.item(launch).removed = ELSEWHERE, True


@pytest.mark.parametrize("cancelled", [False, True])
async def test_an_old_item_that_cannot_be_taken_out_is_never_let_go(rig: Rig, *, cancelled: bool) -> None:
    """W&B is down for more than the limit of days: the launch stays unfinished until its item is out."""
    old = await waiting(rig)
    if cancelled:
        await rig.cancel(old)
    outage = rig.fault("wandb", "", status="503")
    rig.clock.time += timedelta(days=8)
    now = await turns(rig, old, 70)
    assert (None, False) == (now.ended, rig.item(old).removed)
    outage.times = 0
    for runner in rig.started(old):
        rig.end_runner(runner)

    young = await rig.launch()
    await rig.to_stage(young, Stage.WAIT)
    rig.act()
    ended = await rig.to_end(old, acts=False)

    assert ([young.launch_id], True) == (jobs(rig), rig.item(old).removed)
    assert ended.verdict in ((Verdict.CANCELLED,) if cancelled else (Verdict.FAILED, Verdict.LOST))
    assert 1 == len(rig.replies(old))


async def test_a_runner_starts_only_once_a_cancelled_item_is_out(rig: Rig) -> None:
    """A cancel was asked while W&B was away: the runner of the next launch may not take the item."""
    old = await rig.launch()
    await rig.to_stage(old, Stage.RUNNER)
    await rig.cancel(old)
    young = await rig.launch()

    await rig.to_stage(young, Stage.WAIT)

    assert rig.item(old).removed


async def test_a_cancel_goes_before_the_limit_of_days(rig: Rig) -> None:
    """The bot was away for a week after somebody pressed Cancel: the job costs money, so it is cancelled."""
    launch = await waiting(rig)
    rig.make_job(rig.item(launch))
    await rig.until(launch, lambda now: now.job, acts=False)
    await rig.cancel(launch)
    rig.clock.time += timedelta(days=7, hours=1)

    ended = await rig.to_end(launch, acts=False)

    assert (Verdict.CANCELLED, 1) == (ended.verdict, rig.calls("CancelCustomJob"))


async def test_a_job_that_ended_while_the_bot_was_away_for_long_has_its_outcome(rig: Rig) -> None:
    """Past the limit of days there is one last look, as the end may be there to see."""
    launch = await waiting(rig)
    job = rig.make_job(rig.item(launch))
    await rig.until(launch, lambda now: now.job, acts=False)
    rig.end_job(job)
    rig.clock.time += timedelta(days=8)

    ended = await rig.to_end(launch, acts=False)

    assert Verdict.SUCCEEDED is ended.verdict


async def test_a_job_that_cannot_be_looked_at_past_the_limit_is_lost_at_last(rig: Rig) -> None:
    """Vertex AI never answers again: no item is pending, so the launch ends after many tries."""
    launch = await waiting(rig)
    rig.make_job(rig.item(launch))
    await rig.until(launch, lambda now: now.job, acts=False)
    rig.fault("aiplatform", "", status="UNAVAILABLE")
    rig.clock.time += timedelta(days=8)

    ended = await rig.to_end(launch, acts=False)

    assert Verdict.LOST is ended.verdict


async def test_a_cancel_finds_the_job_in_another_region(rig: Rig) -> None:
    """The item is gone and this region has no job: the one in another region is cancelled there."""
    launch = await waiting(rig)
    submit_elsewhere(rig, launch)
    await rig.cancel(launch)

    ended = await rig.to_end(launch, acts=False)

    assert (Verdict.CANCELLED, ELSEWHERE) == (ended.verdict, ended.region)
    assert (1, "CANCELLED") == (rig.calls("CancelCustomJob"), next(iter(rig.world.jobs.values())).state)
    assert "no job was made" not in rig.thread()


@pytest.mark.parametrize("end", [FailureKind.LOST_AFTER_CLAIM, FailureKind.RUNNERS_DIED])
async def test_a_dead_runner_is_no_proof_that_no_job_was_made(rig: Rig, end: FailureKind) -> None:
    """The job is looked for in every region before anybody says that none came of it."""
    launch = await waiting(rig)
    rig.end_runner(rig.started(launch)[0])
    if end is FailureKind.RUNNERS_DIED:
        await rig.until(launch, lambda now: len(now.runners) == 2 and now.runners[1].resource, acts=False)
        rig.end_runner(rig.started(launch)[1])
        await rig.until(launch, lambda now: now.withdrawn, acts=False)
    submit_elsewhere(rig, launch)

    now = await rig.until(launch, lambda now: now.verdict is not Verdict.OPEN, acts=False)

    assert (Verdict.SUBMITTED, ELSEWHERE, None) == (now.verdict, now.region, kind(now))


async def test_a_runner_that_cannot_be_started_is_no_proof_either(rig: Rig) -> None:
    """Somebody else's agent had the item and works in another region: the launch goes on there."""
    rig.fault("run", "RunJob", status="PERMISSION_DENIED")
    launch = await rig.launch()
    await rig.until(launch, lambda now: now.withdrawn, acts=False)
    submit_elsewhere(rig, launch)

    now = await rig.until(launch, lambda now: now.verdict is not Verdict.OPEN, acts=False)

    assert (Verdict.SUBMITTED, ELSEWHERE) == (now.verdict, now.region)


@pytest.mark.parametrize("way", ["expired", "cancelled", "lost"])
async def test_a_region_that_cannot_be_asked_forbids_to_say_no_job(rig: Rig, way: str) -> None:
    """ "Could not ask" is not "none": the region is asked again, and the job there is found."""
    launch = await waiting(rig)
    submit_elsewhere(rig, launch)
    outage = rig.fault("aiplatform", "", status="UNAVAILABLE", region=ELSEWHERE)
    if way == "expired":
        rig.clock.time += timedelta(hours=1)
    elif way == "cancelled":
        await rig.cancel(launch)
    else:
        rig.end_runner(rig.started(launch)[0])

    now = await turns(rig, launch, 25)
    assert (None, None) == (now.ended, kind(now))
    assert ELSEWHERE in now.trouble
    outage.times = 0
    now = await rig.until(launch, lambda now: now.job, acts=False)

    assert (ELSEWHERE, FailureKind.QUEUE_EXPIRED) != (now.region, kind(now))
    assert ELSEWHERE == now.region
