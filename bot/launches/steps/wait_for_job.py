"""Step 4: wait for the launch's custom job. A job takes precedence over the states of runner and item."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

from bot.launches.context import StepContext
from bot.launches.steps.all_regions import followed_elsewhere
from bot.launches.steps.dequeue import dequeue, dequeue_delay
from bot.launches.steps.lost_items import handle_lost_item
from bot.launches.steps.observe import Observation, apply_job, observe
from bot.models.cloud import CustomJob, QueueItemState
from bot.models.errors import Problem, ServiceError
from bot.models.launch import FailureKind, RunnerUse, Stage, Verdict

# Runners that may be started for one launch: the first, and a second when that one ended or took no item.
MAX_STARTS = 2


async def wait_for_job(context: StepContext) -> None:
    """Observe job, queue item and runner once, and choose the next transition."""
    observation = await observe(context)
    changes = observation.changes(context)
    if isinstance(observation.job, CustomJob):
        await apply_job(context, observation.job)
    elif context.launch.withdrawn is not None and observation.job is None:
        await _dequeue_and_fail(context, **changes)
    elif context.launch.deadline is not None and context.now() >= context.launch.deadline:
        await time_out(context, observation)
    elif isinstance(observation.job, Problem):
        # The job may exist: the states of item and runner alone decide nothing.
        await _poll_again(context, observation, **changes)
    elif not await handle_lost_item(context, observation, **changes):
        await _keep_waiting(context, observation, **changes)


async def _keep_waiting(context: StepContext, observation: Observation, **changes: Any) -> None:
    pending = observation.known_item is not None and observation.known_item.state is QueueItemState.PENDING
    if pending and observation.runner_ended:
        await _handle_ended_runner(context, **changes)
    elif pending and context.launch.runner is None:
        await _start_another_runner(context, "no runner took the item", **changes)
    elif pending and _pending_too_long(context):
        await _start_another_runner(context, "the reused runner did not take the item", **changes)
    else:
        await _poll_again(context, observation, **{**changes, "misses": 0})


async def _poll_again(context: StepContext, observation: Observation, **changes: Any) -> None:
    deadline = context.launch.deadline
    changes = {**changes, **observation.trouble_changes(context)}
    if deadline is not None and deadline - context.now() <= timedelta(
        seconds=context.dependencies.settings.timing.poll
    ):
        await context.reschedule(max(0.0, (deadline - context.now()).total_seconds()), **changes)
    else:
        await context.align_to_poll(AFTER_TICK, **changes)


AFTER_TICK = 0.001  # seconds after a tick, so that a step never repeats the tick that it runs in


async def _handle_ended_runner(context: StepContext, **changes: Any) -> None:
    if sum(not use.reused for use in context.launch.runners) < MAX_STARTS:
        await _start_another_runner(context, "the runner ended before it took the item", **changes)
    else:
        await context.save(**changes)
        await _dequeue_and_fail(context)


async def _dequeue_and_fail(context: StepContext, **changes: Any) -> None:
    """Dequeue the item of a launch without an active runner; fail the launch only after that."""
    if await dequeue(context):
        if await followed_elsewhere(context):
            return
        sentence = "Every runner ended before it took the item. The item was taken out of the queue."
        await context.fail(FailureKind.RUNNERS_DIED, sentence, read_log=True)
    else:
        await context.reschedule(dequeue_delay(context), **changes)


def _pending_too_long(context: StepContext) -> bool:
    """Return True if a reused runner left the item pending for too long (its agent may be at capacity)."""
    use = context.launch.runner
    if use is None or not use.reused or use.since is None:
        return False
    return context.now() >= use.since + timedelta(
        seconds=context.dependencies.settings.timing.pending_timeout
    )


async def _start_another_runner(context: StepContext, why: str, **changes: Any) -> None:
    runners = changes.pop("runners", context.launch.runners)
    await context.transition_to(
        Stage.RUNNER, **{**changes, "runners": (*runners, RunnerUse(why=why)), "misses": 0}
    )


async def time_out(context: StepContext, observation: Observation) -> None:
    """Says that the wait is over, unless the job is found in another region; the launch is followed on."""
    # A region that cannot be asked holds up nothing: the follow-through looks on.
    with contextlib.suppress(ServiceError):
        if await followed_elsewhere(context):
            return
    after = context.dependencies.settings.timing.follow_first
    changes = {**observation.changes(context), **observation.trouble_changes(context)}
    await context.transition_to(
        Stage.FOLLOW, after=after, **{**changes, "verdict": Verdict.TIMED_OUT, "misses": 0}
    )
