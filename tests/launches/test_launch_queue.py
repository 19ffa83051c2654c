from __future__ import annotations

from typing import Any

import pytest
from rig import Rig

from bot.launches.context import JITTER
from bot.models.launch import FailureKind, Stage, Verdict

PUSH = "pushToRunQueueByName"


@pytest.mark.parametrize("after_effect", [True, False])
@pytest.mark.parametrize(
    "spoiled", [{"status": "drop"}, {"status": "500"}, {"status": "html"}, {"hang": True}]
)
async def test_an_unclear_answer_queues_one_item(
    rig: Rig, spoiled: dict[str, Any], *, after_effect: bool
) -> None:
    """Whether W&B took the item or not, nobody knows at first: one item must come of it."""
    fault = rig.fault("wandb", PUSH, after_effect=after_effect, times=1, **spoiled)
    launch = await rig.launch()

    now = await rig.to_stage(launch, Stage.WAIT)

    assert (0, 1) == (fault.times, len(rig.items(launch)))
    assert rig.item(launch).item_id == now.item_id
    assert now.trouble == ""


async def test_absence_is_asked_twice_before_sending_again(rig: Rig) -> None:
    """A queue's listing may lag behind: one look that finds nothing proves nothing."""
    rig.fault("wandb", PUSH, status="drop", times=1)
    launch = await rig.launch()
    await rig.to_stage(launch, Stage.QUEUE)
    asked_at = rig.clock.time

    await rig.to_stage(launch, Stage.WAIT)

    assert (rig.clock.time - asked_at).total_seconds() >= 2 * rig.settings.timing.not_found_grace
    assert rig.calls(PUSH) == 2


async def test_an_item_that_became_a_job_already_needs_no_runner(rig: Rig) -> None:
    """After a long crash somebody's agent may have done all the work: starting a runner would be waste."""
    rig.fault("wandb", PUSH, status="drop", after_effect=True, times=1)
    launch = await rig.launch()
    now = await rig.until(launch, lambda now: now.trouble, acts=False)
    rig.make_job(rig.item(launch))
    rig.item(launch).removed = True

    now = await rig.until(launch, lambda now: now.job, acts=False)

    assert (Verdict.SUBMITTED, []) == (now.verdict, rig.started(launch))


async def test_an_item_whose_run_is_there_needs_no_runner_and_is_not_sent_again(rig: Rig) -> None:
    """The item is gone and its job not listed yet, but W&B knows the run: somebody's agent has had it."""
    rig.fault("wandb", PUSH, status="drop", after_effect=True, times=1)
    launch = await rig.launch()
    await rig.until(launch, lambda now: now.trouble, acts=False)
    job = rig.make_job(rig.item(launch))
    rig.end_job(job)
    rig.item(launch).removed = True
    del rig.world.jobs[job.job_id]

    now = await rig.to_stage(launch, Stage.WAIT)

    assert (1, 1, []) == (len(rig.items(launch)), rig.calls(PUSH), rig.started(launch))
    assert now.run_url.endswith(launch.launch_id)


async def test_a_link_that_is_not_known_at_first_comes_later(rig: Rig) -> None:
    """A launch right after the start is queued before W&B's library is loaded, which knows the address."""
    launch = await rig.launch()
    queued = await rig.to_stage(launch, Stage.RUNNER)

    ended = await rig.to_end(launch)

    assert queued.run_url == ""
    assert ended.run_url == f"{rig.settings.wandb.base_url}/acme-ml/trainer/runs/{launch.launch_id}"


async def test_a_refused_item_fails_the_launch_at_once(rig: Rig) -> None:
    """Trying again what W&B refuses for good helps nobody; nothing is in the queue."""
    rig.fault("wandb", PUSH, status="403", message="permission denied")
    launch = await rig.launch()

    ended = await rig.to_end(launch)

    assert ended.failure is not None
    assert (FailureKind.NOT_QUEUED, []) == (ended.failure.kind, rig.items(launch))


@pytest.mark.parametrize("timing", [{"start_within": 600.0}])
async def test_an_outage_is_met_ever_more_seldom_and_the_card_says_so(rig: Rig) -> None:
    """Two hundred launches that all try again at once keep down what has just come up."""
    rig.fault("wandb", PUSH, status="429", times=5)
    launch = await rig.launch()
    await rig.to_stage(launch, Stage.QUEUE)
    pauses = []
    while len(pauses) < 5:
        now = await rig.turn(launch)
        pauses.append((now.due - rig.clock.time).total_seconds())

    base = rig.settings.timing.poll
    wanted = [base, base * 2, base * 4, base * 8, base * 12]
    assert all(least <= pause <= least * JITTER for pause, least in zip(pauses, wanted, strict=True)), pauses
    assert 5 == len({pause / least for pause, least in zip(pauses, wanted, strict=True)})  # jittered
    await rig.slack.wait_until(lambda: "Retrying, last error: W&" in rig.thread(), 30)


async def test_an_outage_of_wandb_delays_a_launch_and_no_more(rig: Rig) -> None:
    """The card says what is in the way, and the launch goes on after the outage."""
    outage = rig.fault("wandb", "", status="503")
    launch = await rig.launch()
    now = await rig.until(launch, lambda now: now.attempts >= 3, acts=False)
    assert "W&B" in now.trouble
    outage.times = 0

    ended = await rig.to_end(launch)

    assert (Verdict.SUCCEEDED, 1) == (ended.verdict, len(rig.items(launch)))
