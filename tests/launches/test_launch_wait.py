from __future__ import annotations

from datetime import timedelta

import pytest
from rig import Rig

from bot.models.launch import FailureKind, Launch, Stage, Verdict
from bot.sandbox.world.state import SimJob


async def waiting(rig: Rig) -> Launch:
    """A launch that waits for its job, with its own runner started."""
    launch = await rig.launch()
    now = await rig.to_stage(launch, Stage.WAIT)
    (started,) = rig.started(launch)
    started.state, started.started = "running", rig.world.now()
    return now


def kind(launch: Launch) -> FailureKind | None:
    return launch.failure.kind if launch.failure else None


@pytest.mark.parametrize("trouble", ["runner over", "item failed", "both"])
async def test_a_job_found_wins(rig: Rig, trouble: str) -> None:
    """Whatever runner or item say, a job that runs costs money: it is shown and followed, never disowned."""
    launch = await waiting(rig)
    rig.make_job(rig.item(launch))
    if trouble != "item failed":
        rig.end_runner(rig.started(launch)[0])
    if trouble != "runner over":
        rig.item(launch).state = "FAILED"

    now = await rig.turn(launch)

    assert (Verdict.SUBMITTED, Stage.FOLLOW) == (now.verdict, now.stage)


async def test_somebody_elses_job_is_never_taken(rig: Rig) -> None:
    """Jobs are matched by our label and nothing else, however fitting name, region and time may be."""
    launch = await waiting(rig)
    stranger = rig.make_job(rig.item(launch))
    stranger.labels = {"wandb-run-id": "somebody"}
    rig.item(launch).state = "PENDING"

    now = await rig.pass_by(launch, 60)

    assert now.job is None


async def test_two_people_get_their_own_jobs(rig: Rig) -> None:
    """Two launches of the same second: each follows its own job, whatever becomes of the other."""
    first, second = await rig.launch(), await rig.launch(user_id="U0BOB", user_name="bob")
    for launch in (first, second):
        await rig.to_stage(launch, Stage.WAIT)
    failing, good = rig.make_job(rig.item(first)), rig.make_job(rig.item(second))
    rig.end_job(failing, "FAILED")
    rig.end_job(good)

    ended = [await rig.to_end(launch, acts=False) for launch in (first, second)]

    assert [Verdict.FAILED, Verdict.SUCCEEDED] == [launch.verdict for launch in ended]
    assert [failing.job_id, good.job_id] == [launch.job.job_id for launch in ended if launch.job]


async def test_a_failed_item_fails_the_launch_though_its_runner_lives(rig: Rig) -> None:
    """The agent swallows its errors and goes on polling: the item alone tells, and a second look confirms."""
    launch = await waiting(rig)
    item = rig.item(launch)
    item.state, item.error = "FAILED", "quota exceeded"

    ended = await rig.to_end(launch, acts=False)

    assert (FailureKind.ITEM_FAILED, 1) == (kind(ended), len(rig.started(launch)))
    assert ended.failure is not None
    assert "quota exceeded" in ended.failure.sentence


async def test_a_spurious_failure_of_the_item_is_not_believed(rig: Rig) -> None:
    """A second agent may fail an item that the first is submitting: the job comes between the two looks."""
    launch = await waiting(rig)
    rig.item(launch).state = "FAILED"
    now = await rig.turn(launch)
    assert now.verdict is Verdict.OPEN
    job = rig.make_job(rig.item(launch))
    rig.item(launch).state = "FAILED"

    now = await rig.turn(launch)

    assert now.job is not None
    assert (Verdict.SUBMITTED, job.job_id) == (now.verdict, now.job.job_id)


async def test_a_job_that_comes_while_the_log_is_read_wins(rig: Rig) -> None:
    """Until the last word is said a launch called failed may prove to run after all: then it is followed."""
    launch = await waiting(rig)
    rig.item(launch).state = "FAILED"
    await rig.to_stage(launch, Stage.DIAGNOSE)
    rig.make_job(rig.item(launch))

    now = await rig.turn(launch)

    assert (Verdict.SUBMITTED, None, None) == (now.verdict, now.failure, now.ended)


async def test_a_runner_that_dies_before_it_takes_the_item_is_replaced_once(rig: Rig) -> None:
    """One other runner, once; if that ends too, the item is out of the queue before the launch is failed."""
    launch = await waiting(rig)
    rig.end_runner(rig.started(launch)[0])
    await rig.until(launch, lambda now: len(now.runners) == 2 and now.runners[1].resource, acts=False)
    rig.end_runner(rig.started(launch)[1])

    now = await rig.until(launch, lambda now: now.verdict is not Verdict.OPEN, acts=False)

    assert (FailureKind.RUNNERS_DIED, 2) == (kind(now), len(rig.started(launch)))
    assert rig.item(launch).removed


async def test_an_item_claimed_while_it_is_taken_out_is_no_failure(rig: Rig) -> None:
    """An agent may claim the item in the moment in which it is taken out: its job must not run disowned."""
    launch = await waiting(rig)
    rig.end_runner(rig.started(launch)[0])
    await rig.until(launch, lambda now: len(now.runners) == 2 and now.runners[1].resource, acts=False)
    rig.end_runner(rig.started(launch)[1])
    await rig.until(launch, lambda now: now.withdrawn, acts=False)
    rig.make_job(rig.item(launch))

    now = await rig.until(launch, lambda now: now.stage is not Stage.WAIT, acts=False)

    assert Verdict.SUBMITTED is now.verdict


async def test_a_leased_item_of_a_dead_runner_is_waited_for(rig: Rig) -> None:
    """A lease ends by itself, and the item is pending again: called failed before, it would run later."""
    launch = await waiting(rig)
    item = rig.item(launch)
    item.state, item.leased_at = "LEASED", rig.world.now() + timedelta(hours=1)
    rig.end_runner(rig.started(launch)[0])
    now = await rig.pass_by(launch, 90)
    assert now.verdict is Verdict.OPEN
    item.state = "PENDING"

    await rig.until(launch, lambda now: len(now.runners) == 2, acts=False)

    assert not item.removed


async def test_a_claimed_item_of_a_dead_runner_is_lost(rig: Rig) -> None:
    """Claimed but never submitted: no job will ever come, which is said after one more look."""
    launch = await waiting(rig)
    rig.item(launch).state = "CLAIMED"
    rig.end_runner(rig.started(launch)[0], code=0)
    begun = rig.clock.time

    now = await rig.until(launch, lambda now: now.verdict is not Verdict.OPEN, acts=False)

    assert kind(now) is FailureKind.LOST_AFTER_CLAIM
    assert rig.clock.time - begun >= timedelta(seconds=rig.settings.timing.log_grace)


async def test_an_item_in_the_dead_hands_of_anothers_runner_is_lost(rig: Rig) -> None:
    """Somebody's runner took the item and died: no runner of ours is needed, and no job will come."""
    launch = await rig.launch()
    await rig.to_stage(launch, Stage.RUNNER)
    rig.item(launch).state = "CLAIMED"
    rig.end_runner(rig.add_runner("of-somebody"))
    rig.clock.time += timedelta(seconds=20)

    now = await rig.until(launch, lambda now: now.verdict is not Verdict.OPEN, acts=False)

    assert (FailureKind.LOST_AFTER_CLAIM, []) == (kind(now), rig.started(launch))


async def test_nothing_is_concluded_while_vertex_cannot_be_asked(rig: Rig) -> None:
    """Without a listing of jobs a failed item proves nothing: "could not ask" is not "none"."""
    launch = await waiting(rig)
    rig.item(launch).state = "FAILED"
    outage = rig.fault("aiplatform", "ListCustomJobs", status="UNAVAILABLE")

    now = await rig.pass_by(launch, 60)

    assert now.verdict is Verdict.OPEN
    assert "Vertex AI" in now.trouble
    outage.times = 0
    ended = await rig.to_end(launch, acts=False)
    assert kind(ended) is FailureKind.ITEM_FAILED


async def test_a_timeout_is_followed_until_the_job_comes(rig: Rig) -> None:
    """A job after four minutes is still this launch's: the thread says so, and its end is told."""
    launch = await waiting(rig)
    now = await rig.pass_by(launch, 240)
    assert (Verdict.TIMED_OUT, Stage.FOLLOW) == (now.verdict, now.stage)
    assert "Timeout (120s)" in rig.thread()
    rig.make_job(rig.item(launch))

    now = await rig.until(launch, lambda now: now.job, acts=False)
    assert "has appeared" in rig.thread()
    ended = await rig.to_end(launch)

    assert (Verdict.SUCCEEDED, 1) == (ended.verdict, len(rig.replies(launch)))


async def test_a_restart_grants_no_extra_time(rig: Rig) -> None:
    """The deadline is a moment in the store, not a count of seconds in a process."""
    launch = await waiting(rig)
    assert launch.item_intended is not None
    assert launch.deadline == launch.item_intended + timedelta(seconds=120)
    rig.clock.time += timedelta(seconds=500)  # nobody drove it

    now = await rig.turn(launch)

    assert now.verdict is Verdict.TIMED_OUT


async def test_before_a_timeout_every_region_is_looked_in(rig: Rig) -> None:
    """An agent set to another region makes its jobs there: the label finds it before the timeout is said."""
    launch = await waiting(rig)
    job = rig.make_job(rig.item(launch))
    job.region = "europe-west4"

    now = await rig.pass_by(launch, 125)

    assert (Verdict.SUBMITTED, "europe-west4") == (now.verdict, now.region)


async def test_launches_in_flight_share_one_listing_a_tick(rig: Rig) -> None:
    """The quota of Vertex AI is for all of a team: ten launches may not cost ten listings."""
    launches = [await rig.launch() for _ in range(10)]
    for launch in launches:
        await rig.to_stage(launch, Stage.WAIT)
    before = rig.calls("ListCustomJobs")
    begun = rig.clock.time

    for _ in range(10):
        for launch in launches:
            await rig.pass_by(launch, 0)
        rig.clock.time += timedelta(seconds=rig.settings.timing.poll)

    ticks = (rig.clock.time - begun).total_seconds() / rig.settings.timing.poll
    assert rig.calls("ListCustomJobs") - before <= ticks + 2


async def test_one_listing_of_all_pages_finds_each_launch_s_job(rig: Rig) -> None:
    """With more jobs in the region than a page holds, a launch's own may be on any page."""
    launch = await waiting(rig)
    own = rig.make_job(rig.item(launch))
    for number in range(120):
        other = SimJob(f"9{number:04}", own.region, f"other-{number}", "RUNNING", rig.world.now())
        rig.world.jobs[other.job_id] = other

    now = await rig.turn(launch)

    assert now.job is not None
    assert own.job_id == now.job.job_id


@pytest.mark.parametrize("jump", [-3600, -30, 30])
async def test_a_clock_that_jumps_spends_nothing_twice(rig: Rig, jump: float) -> None:
    """Time corrections happen: neither direction may queue, start or report a second time."""
    launch = await rig.launch()
    for _ in range(4):
        await rig.turn(launch)
        rig.clock.time += timedelta(seconds=jump)

    await rig.to_end(launch)

    assert (1, 1, 1) == (len(rig.items(launch)), len(rig.started(launch)), len(rig.replies(launch)))
