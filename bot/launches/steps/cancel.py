"""A cancel that somebody asked for: item out of the queue, job cancelled, run stopped; then it is said."""

from __future__ import annotations

import contextlib
from typing import Any

from bot.launches.context import StepContext
from bot.launches.steps.dequeue import dequeue, pause
from bot.launches.steps.lost_items import item_is_orphaned
from bot.launches.steps.observe import Observation, apply_job, as_seen, observe
from bot.launches.steps.start_runner import release
from bot.models.cloud import CustomJob, JobState
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import Stage, Verdict


async def cancel(context: StepContext) -> None:
    """Do one pass of a cancel; a launch is called cancelled only once no money can be spent for it."""
    if context.launch.item_intended is None:
        await _said(context)
        return
    observation = await observe(context)
    job = await _job(context, observation)
    if job is not None:
        await _with_job(context, job)
    elif context.launch.job is not None:
        await _said(context)  # Vertex AI knows it no more: nothing is left to cancel
    elif await dequeue(context):
        await _said(context)
    elif item_is_orphaned(context, observation) and context.launch.withdrawn is None:
        await _in_dead_hands(context)
    else:
        await context.reschedule(pause(context), **{**observation.noted(context), "misses": 0})


async def _job(context: StepContext, observation: Observation) -> CustomJob | None:
    """Return the job, listed or known by its name; None when there is surely none now."""
    if isinstance(observation.job, Problem):
        raise ServiceError(observation.job)
    if observation.job is not None or context.launch.job is None:
        return observation.job
    try:
        return await context.dependencies.jobs.get_job(context.launch.job.resource)
    except ServiceError as error:
        if error.problem.kind is ProblemKind.NOT_FOUND:
            return None
        raise


async def _with_job(context: StepContext, job: CustomJob) -> None:
    if job.state is JobState.CANCELLED:
        await _said(context, job=as_seen(context, job))
    elif not job.active:
        await apply_job(context, job)  # it ended before anybody could cancel it
    else:
        await _cancel_job(context, job)


async def _cancel_job(context: StepContext, job: CustomJob) -> None:
    if job.state is not JobState.CANCELLING:
        await context.dependencies.jobs.cancel(job.resource)
    # The job is what costs money; W&B notices its end by itself.
    with contextlib.suppress(ServiceError):
        await context.dependencies.tracker.stop_run(context.launch.launch_id)
    await context.reschedule(context.dependencies.settings.timing.poll, job=as_seen(context, job))


async def _in_dead_hands(context: StepContext) -> None:
    """The runner ended with the item in hand: no job comes any more, once a late one would show."""
    if context.launch.misses == 0:
        await context.reschedule(context.dependencies.settings.timing.log_grace, misses=1)
    else:
        await _said(context)


async def _said(context: StepContext, **changes: Any) -> None:
    now = context.now()
    await release(context)
    await context.audit("cancel", "cancelled", actor=context.launch.cancel_by)
    await context.transition_to(Stage.REPORT, **{"verdict": Verdict.CANCELLED, "ended": now, **changes})
