from __future__ import annotations

from datetime import timedelta

import pytest
from rig import Rig

from bot.launches.permissions import Refused
from bot.models.errors import BadInput
from bot.models.launch import Launch, Stage, Verdict


async def waiting(rig: Rig) -> Launch:
    launch = await rig.launch()
    now = await rig.to_stage(launch, Stage.WAIT)
    (started,) = rig.started(launch)
    started.state, started.started = "running", rig.world.now()
    return now


@pytest.mark.parametrize("stage", [Stage.ANNOUNCE, Stage.QUEUE])
async def test_a_cancel_before_queueing_queues_nothing(rig: Rig, stage: Stage) -> None:
    """Nothing was spent yet, so nothing may be: the card says so."""
    launch = await rig.launch()
    if stage is not Stage.ANNOUNCE:
        await rig.to_stage(launch, stage)
    await rig.cancel(launch)

    ended = await rig.to_end(launch)

    assert (Verdict.CANCELLED, []) == (ended.verdict, rig.items(launch))


@pytest.mark.parametrize("stage", [Stage.RUNNER, Stage.WAIT])
async def test_a_cancel_takes_a_pending_item_out(rig: Rig, stage: Stage) -> None:
    """The item is out of the queue before the launch is called cancelled: nobody may pop it later."""
    launch = await rig.launch()
    await rig.to_stage(launch, stage)
    await rig.cancel(launch)

    ended = await rig.to_end(launch, acts=False)

    assert Verdict.CANCELLED is ended.verdict
    assert rig.item(launch).removed
    assert "Cancelled by" in rig.thread()
    assert 1 == len(rig.replies(launch))


@pytest.mark.parametrize("after_effect", [True, False])
async def test_a_cancel_after_an_unclear_queueing_ends(rig: Rig, *, after_effect: bool) -> None:
    """Nobody knows whether the item was queued: the cancel finds out and leaves nothing there."""
    rig.fault("wandb", "pushToRunQueueByName", status="drop", after_effect=after_effect, times=1)
    launch = await rig.launch()
    await rig.until(launch, lambda now: now.trouble, acts=False)
    await rig.cancel(launch)

    ended = await rig.to_end(launch, acts=False)

    assert Verdict.CANCELLED is ended.verdict
    assert all(item.removed for item in rig.items(launch))


async def test_a_cancel_after_the_timeout_takes_the_item_out(rig: Rig) -> None:
    """The timeout's card says that Cancel takes the waiting item out: so it does."""
    launch = await waiting(rig)
    now = await rig.pass_by(launch, 200)
    assert (Verdict.TIMED_OUT, Stage.FOLLOW) == (now.verdict, now.stage)
    assert "The item is still queued: Cancel takes it out" in rig.thread()
    await rig.cancel(launch)

    ended = await rig.to_end(launch, acts=False)

    assert (Verdict.CANCELLED, True) == (ended.verdict, rig.item(launch).removed)
    assert "It is out of the queue and no job was made." in rig.thread()


async def test_a_cancel_between_claim_and_job_cancels_the_job_when_it_comes(rig: Rig) -> None:
    """An agent that has the item will submit it: the launch is called cancelled once its job is."""
    launch = await waiting(rig)
    rig.item(launch).state = "CLAIMED"
    await rig.cancel(launch)
    now = await rig.pass_by(launch, 60)
    assert now.verdict is Verdict.OPEN
    job = rig.make_job(rig.item(launch))

    now = await rig.turn(launch)
    assert (Verdict.OPEN, "CANCELLING") == (now.verdict, job.state)
    job.state, job.ended = "CANCELLED", rig.world.now()
    ended = await rig.to_end(launch, acts=False)

    assert (Verdict.CANCELLED, "alice") == (ended.verdict, ended.cancel_by)


async def test_a_cancel_of_an_item_in_dead_hands_ends(rig: Rig) -> None:
    """The agent died between claim and job: no job will come, so the cancel may not wait for one for ever."""
    launch = await waiting(rig)
    rig.item(launch).state = "CLAIMED"
    rig.end_runner(rig.started(launch)[0])
    await rig.cancel(launch)

    ended = await rig.to_end(launch, acts=False)

    assert Verdict.CANCELLED is ended.verdict


async def test_a_cancel_of_a_running_job_stops_job_and_run(rig: Rig) -> None:
    """The job is what costs money; the run is stopped so that W&B does not show it at work."""
    launch = await waiting(rig)
    job = rig.make_job(rig.item(launch))
    await rig.until(launch, lambda now: now.job, acts=False)
    rig.end_job(job)
    job.state, job.ended = "RUNNING", None
    await rig.cancel(launch)

    await rig.turn(launch)
    assert "CANCELLING" == job.state
    # W&B may be slow to answer: it is asked again at every look until the job has ended.
    await rig.until(launch, lambda _: rig.world.runs[launch.launch_id].stop_requested, acts=False)
    job.state, job.ended = "CANCELLED", rig.world.now()
    ended = await rig.to_end(launch, acts=False)

    assert Verdict.CANCELLED is ended.verdict
    entry, *_ = await rig.store.audit.entries(since=rig.clock.time - timedelta(days=1))
    assert ("cancel", launch.launch_id, "alice") == (entry.action, entry.target, entry.actor)


async def test_a_job_that_ended_before_its_cancel_keeps_its_outcome(rig: Rig) -> None:
    """What succeeded was not cancelled, whatever was asked a moment too late."""
    launch = await waiting(rig)
    job = rig.make_job(rig.item(launch))
    await rig.until(launch, lambda now: now.job, acts=False)
    await rig.cancel(launch)
    rig.end_job(job)

    ended = await rig.to_end(launch, acts=False)

    assert Verdict.SUCCEEDED is ended.verdict


async def test_a_cancel_while_the_log_is_read_is_refused(rig: Rig) -> None:
    """The launch has failed already: nothing is left to cancel, and the person is told so."""
    launch = await waiting(rig)
    rig.item(launch).state = "FAILED"
    await rig.to_stage(launch, Stage.DIAGNOSE)

    with pytest.raises(BadInput, match="has ended already"):
        await rig.cancel(launch)


async def test_a_cancel_waits_out_an_outage(rig: Rig) -> None:
    """While W&B is away nobody knows whether the item is out: the launch is not called cancelled yet."""
    launch = await waiting(rig)
    outage = rig.fault("wandb", "", status="503")
    await rig.cancel(launch)
    now = await rig.pass_by(launch, 60)
    assert (Verdict.OPEN, True) == (now.verdict, "W&B" in now.trouble)
    outage.times = 0

    ended = await rig.to_end(launch, acts=False)

    assert (Verdict.CANCELLED, True) == (ended.verdict, rig.item(launch).removed)


async def test_a_job_slipping_out_while_its_item_is_taken_out_is_cancelled(rig: Rig) -> None:
    """Taking out and claiming may cross: one more look finds the job, and cancels it first."""
    launch = await waiting(rig)
    await rig.cancel(launch)
    now = await rig.turn(launch)
    assert (Verdict.OPEN, True) == (now.verdict, now.withdrawn is not None)
    job = rig.make_job(rig.item(launch))

    now = await rig.turn(launch)

    assert (Verdict.OPEN, "CANCELLING") == (now.verdict, job.state)


async def test_only_launcher_or_admin_may_cancel(rig: Rig) -> None:
    """Alice is an admin here, so bob's launch is hers to cancel, and hers is not his."""
    launch = await rig.launch()

    with pytest.raises(Refused, match="Only alice or an admin"):
        await rig.service.cancel(launch.launch_id, user_id="U0BOB", user_name="bob")
