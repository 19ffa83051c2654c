"""Step 4: the wait for this launch's custom job. A job found wins over whatever runner or item say."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from bot.launches.context import StepContext
from bot.launches.steps.dequeue import dequeue, pause
from bot.launches.steps.lost_items import ended_without_job
from bot.launches.steps.observe import Observation, apply_job, observe
from bot.models.cloud import CustomJob, QueueItemState
from bot.models.errors import Problem, ServiceError
from bot.models.launch import FailureKind, RunnerUse, Stage, Verdict

# Runners that may be started for one launch: the first, and one other when that one ended or did not serve.
STARTS = 2


async def wait(context: StepContext) -> None:
    """Look once at jobs, queue item and runner, all at the same time, and decides."""
    observation = await observe(context)
    seen = observation.noted(context)
    if isinstance(observation.job, CustomJob):
        await apply_job(context, observation.job)
    elif context.launch.withdrawn is not None and observation.job is None:
        await _withdrawing(context, **seen)
    elif context.launch.deadline is not None and context.now() >= context.launch.deadline:
        await time_out(context, observation)
    elif isinstance(observation.job, Problem):
        # A job may be there: nothing can be concluded from item and runner alone.
        await _again(context, observation, **seen)
    elif not await ended_without_job(context, observation, **seen):
        await _go_on_waiting(context, observation, **seen)


async def _go_on_waiting(context: StepContext, observation: Observation, **seen: Any) -> None:
    pending = observation.known_item is not None and observation.known_item.state is QueueItemState.PENDING
    if pending and observation.runner_over:
        await _runner_over(context, **seen)
    elif pending and context.launch.runner is None:
        await _another_runner(context, "no runner took the item", **seen)
    elif pending and _unserved(context):
        await _another_runner(context, "the reused runner did not take the item", **seen)
    else:
        await _again(context, observation, **{**seen, "misses": 0})


async def _again(context: StepContext, observation: Observation, **seen: Any) -> None:
    deadline = context.launch.deadline
    changes = {**seen, **observation.trouble(context)}
    if deadline is not None and deadline - context.now() <= timedelta(
        seconds=context.dependencies.settings.timing.poll
    ):
        await context.reschedule(max(0.0, (deadline - context.now()).total_seconds()), **changes)
    else:
        await context.align_to_poll(MOMENT, **changes)


MOMENT = 0.001  # seconds after a tick, so that its own turn does not ask for the same tick again


async def _runner_over(context: StepContext, **seen: Any) -> None:
    if sum(not use.reused for use in context.launch.runners) < STARTS:
        await _another_runner(context, "the runner ended before it took the item", **seen)
    else:
        await context.save(**seen)
        await _withdrawing(context)


async def _withdrawing(context: StepContext, **seen: Any) -> None:
    """Every runner ended: the item is taken out of the queue, and only then the launch called failed."""
    if await dequeue(context):
        sentence = "Every runner ended before it took the item. The item was taken out of the queue."
        await context.fail(FailureKind.RUNNERS_DIED, sentence, read_log=True)
    else:
        await context.reschedule(pause(context), **seen)


def _unserved(context: StepContext) -> bool:
    """Whether a reused runner has left the item pending for too long (an agent may be alive and full)."""
    use = context.launch.runner
    if use is None or not use.reused or use.since is None:
        return False
    return context.now() >= use.since + timedelta(
        seconds=context.dependencies.settings.timing.pending_timeout
    )


async def _another_runner(context: StepContext, why: str, **seen: Any) -> None:
    runners = seen.pop("runners", context.launch.runners)
    await context.transition_to(
        Stage.RUNNER, **{**seen, "runners": (*runners, RunnerUse(why=why)), "misses": 0}
    )


async def time_out(context: StepContext, observation: Observation) -> None:
    """Says that the wait is over, unless the job is found in another region; the launch is followed on."""
    job = await look_everywhere(context)
    if job is not None:
        await context.save(region=job.region)
        await apply_job(context, job)
        return
    after = context.dependencies.settings.timing.follow_first
    seen = {**observation.noted(context), **observation.trouble(context)}
    await context.transition_to(
        Stage.FOLLOW, after=after, **{**seen, "verdict": Verdict.TIMED_OUT, "misses": 0}
    )


async def look_everywhere(context: StepContext) -> CustomJob | None:
    """Return this launch's job in any other region of the settings; one that cannot be asked is left out."""
    answers = await asyncio.gather(
        *(
            _in_region(context, region)
            for region in context.dependencies.settings.regions
            if region != context.launch.region
        )
    )
    return next((job for job in answers if job is not None), None)


async def _in_region(context: StepContext, region: str) -> CustomJob | None:
    try:
        return await context.dependencies.poller.look(context.launch, region)
    except ServiceError:
        # A region that cannot be asked holds up nothing: the follow-through looks on.
        return None
