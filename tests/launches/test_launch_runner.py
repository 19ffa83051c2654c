from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rig import Rig

from bot.launches.runner_selection import find_started_runner
from bot.models.cloud import Execution, ExecutionStatus
from bot.models.diagnosis import Category
from bot.models.launch import FailureKind, Launch, Stage, Verdict


async def test_a_living_runner_is_reused(rig: Rig) -> None:
    """A runner costs a minute and money: one that listens to our queue and has room is taken."""
    rig.add_runner("runner-alive")
    launch = await rig.launch()

    now = await rig.to_stage(launch, Stage.WAIT)

    assert now.runner is not None
    assert (True, "runner-alive", []) == (now.runner.reused, now.runner.name, rig.started(launch))


@pytest.mark.parametrize(
    "changes",
    [
        {"args": ("-q", "eval-queue", "-e", "acme-ml", "--max-jobs", "-1")},
        {"args": ("-q", "vertex-ai-queue", "-e", "other-team", "--max-jobs", "-1")},
        {"args": ("-q", "vertex-ai-queue", "-e", "acme-ml", "--max-jobs", "1"), "busy": True},
        {"timeout_seconds": 300},
        {"state": "succeeded"},
    ],
    ids=["other queue", "other entity", "full", "near its time limit", "over"],
)
async def test_a_runner_that_does_not_fit_is_not_reused(rig: Rig, changes: dict[str, Any]) -> None:
    """An item that nobody serves waits in vain: only a runner that will surely take it is reused."""
    if changes.pop("busy", False):
        runner = rig.add_runner("runner", **changes)
        runner.created -= timedelta(hours=5)
        stranger = await rig.launch()
        await rig.to_stage(stranger, Stage.RUNNER)
        job = rig.make_job(rig.item(stranger))
        job.created -= timedelta(hours=4)  # long before the oldest launch in flight, and still at work
        job.labels = {"wandb-run-id": "stranger"}
    else:
        rig.add_runner("runner", **changes)
    launch = await rig.launch()

    now = await rig.to_stage(launch, Stage.WAIT)

    assert now.runner is not None
    assert (False, 1) == (now.runner.reused, len(rig.started(launch)))


async def test_an_agent_of_several_queues_is_reused(rig: Rig) -> None:
    """An agent may listen to several queues; ours among them is enough."""
    rig.add_runner("two", args=("-q", "eval-queue", "-q", "vertex-ai-queue", "-e", "acme-ml", "-j", "-1"))
    launch = await rig.launch()

    await rig.to_stage(launch, Stage.WAIT)

    assert [] == rig.started(launch)


async def test_an_item_pending_too_long_after_reuse_gets_another_runner(rig: Rig) -> None:
    """An agent may be alive and full for ever: after the settings' time a runner of our own is started."""
    rig.add_runner("runner-full")
    launch = await rig.launch()
    await rig.to_stage(launch, Stage.WAIT)

    now = await rig.pass_by(launch, rig.settings.timing.pending_timeout - 1)
    assert [] == rig.started(launch)
    now = await rig.pass_by(launch, 10)

    assert now.runner is not None
    assert (1, "the reused runner did not take the item") == (len(rig.started(launch)), now.runner.why)


async def test_two_launches_at_once_start_one_runner(rig: Rig) -> None:
    """Two people who launch in the same second need one runner, however their calls interleave."""
    rig.world.latency["*"] = 0.02
    launches = [await rig.launch() for _ in range(6)]

    await asyncio.gather(*(rig.to_stage(launch, Stage.WAIT) for launch in launches))

    assert 1 == sum(len(rig.started(launch)) for launch in launches)


async def test_a_runner_that_a_listing_does_not_show_yet_is_known(rig: Rig) -> None:
    """Cloud Run's listing may lag behind a start: the store knows what another launch has just started."""
    first, second = await rig.launch(), await rig.launch()
    await rig.to_stage(first, Stage.WAIT)
    (started,) = rig.started(first)
    rig.hide_from_listings(started)

    await rig.to_stage(second, Stage.WAIT)

    assert [] == rig.started(second)


async def test_a_started_runner_without_its_id_in_the_listing_is_adopted(rig: Rig) -> None:
    """Cloud Run may list overrides or not: the sole runner made since the intent is ours, and no other is."""
    rig.fault("run", "RunJob", status="UNAVAILABLE", after_effect=True, times=1)
    launch = await rig.launch()
    await rig.until(launch, lambda now: now.trouble, acts=False)
    (started,) = rig.started(launch)
    started.env = {}
    started.state = "pending"

    now = await rig.to_stage(launch, Stage.WAIT)

    assert now.runner is not None
    assert (started.name, False) == (now.runner.name, now.runner.reused)
    assert 1 == len(rig.world.executions)


def made(name: str, seconds: float, **changes: Any) -> Execution:
    """A runner of our queue that was created so many seconds after the intent."""
    fields = {"queue": "q", "created": INTENDED + timedelta(seconds=seconds), **changes}
    return Execution(name, name, "us-central1", ExecutionStatus.PENDING, **fields)


INTENDED = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
LAUNCH = Launch(
    launch_id="abcd1234", trigger_id="t", team_id="T", channel_id="C", user_id="U", user_name="ana",
    text="", preset="bert", overrides=(), name="bert-abcd1234", queue="q", region="us-central1",
    created=INTENDED, due=INTENDED, limit_seconds=120.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("listed", "ours"),
    [
        ([made("a", 5)], "a"),
        ([made("a", 5), made("b", 6)], ""),
        ([made("a", 5), made("b", 6, launch_id="abcd1234")], "b"),
        ([made("a", 5, launch_id="somebody")], ""),
        ([made("a", -300)], ""),
        ([made("a", 5, queue="other")], ""),
    ],
    ids=["sole", "two nameless", "by id", "another launch's", "older than the intent", "other queue"],
)
def test_only_a_runner_that_is_surely_ours_is_adopted(listed: list[Execution], ours: str) -> None:
    """A runner is matched by LAUNCH_ID, else only where no other candidate is in sight."""
    found = find_started_runner(LAUNCH, listed, INTENDED)

    assert ours == (found.name if found else "")


@pytest.mark.parametrize("after_effect", [True, False])
@pytest.mark.parametrize("spoiled", [{"status": "UNAVAILABLE"}, {"hang": True}])
async def test_an_unclear_start_starts_one_runner(
    rig: Rig, spoiled: dict[str, Any], *, after_effect: bool
) -> None:
    """RunJob has no request id: whether it worked is found by LAUNCH_ID, and it is never repeated blindly."""
    rig.fault("run", "RunJob", after_effect=after_effect, times=1, **spoiled)
    launch = await rig.launch()

    now = await rig.to_stage(launch, Stage.WAIT)

    (started,) = rig.started(launch)
    assert now.runner is not None
    assert started.name == now.runner.name


async def test_the_right_to_start_is_given_back(rig: Rig) -> None:
    """A launch that was cancelled while it held the right must not make the next one wait."""
    rig.fault("run", "RunJob", hang=True, times=1)
    first = await rig.launch()
    await rig.until(first, lambda now: now.trouble, acts=False)
    await rig.cancel(first)
    await rig.to_end(first, acts=False)
    second = await rig.launch()
    begun = rig.clock.time

    await rig.to_stage(second, Stage.WAIT)

    assert (rig.clock.time - begun).total_seconds() < 2


async def test_without_permission_to_start_the_item_is_taken_out_first(rig: Rig) -> None:
    """Left in the queue, the next runner of anybody would pop it and spend money on a failed launch."""
    rig.fault("run", "RunJob", status="PERMISSION_DENIED")
    launch = await rig.launch()

    ended = await rig.to_end(launch, acts=False)

    assert ended.failure is not None
    assert ended.failure.kind is FailureKind.NO_RUNNER
    assert "run.jobs.run" in ended.failure.sentence
    assert rig.item(launch).removed


async def test_a_refused_start_says_what_to_do(rig: Rig) -> None:
    """There is no log to read, yet Google's own words name the permission that somebody must grant."""
    words = "Permission 'run.jobs.runWithOverrides' denied on resource 'jobs/launcher'"
    rig.fault("run", "RunJob", status="PERMISSION_DENIED", message=words)
    launch = await rig.launch()

    ended = await rig.to_end(launch, acts=False)

    assert ended.failure is not None
    assert ended.failure.diagnosis is not None
    assert ended.failure.diagnosis.category is Category.PERMISSION_DENIED
    assert "run.jobs.runWithOverrides" in ended.failure.diagnosis.advice


async def test_a_quota_that_frees_itself_delays_the_start(rig: Rig) -> None:
    """A refusal that passes is tried again; the runner is started once."""
    rig.fault("run", "RunJob", status="RESOURCE_EXHAUSTED", times=3)
    launch = await rig.launch()

    ended = await rig.to_end(launch)

    assert (Verdict.SUCCEEDED, 1) == (ended.verdict, len(rig.started(launch)))


async def test_a_runner_that_is_gone_from_cloud_run_blocks_nobody(rig: Rig) -> None:
    """Cloud Run forgets old executions: a launch that still names one must not trouble the next launch."""
    first = await rig.launch()
    now = await rig.to_stage(first, Stage.WAIT)
    assert now.runner is not None
    del rig.world.executions[now.runner.name]
    second = await rig.launch()

    now = await rig.to_stage(second, Stage.WAIT)

    assert 1 == len(rig.started(second))
