"""Step 6: the follow-through, at growing intervals, until the job has ended."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from bot.launches.context import StepContext
from bot.launches.deadlines import queue_deadline
from bot.launches.steps.dequeue import dequeue
from bot.launches.steps.lost_items import ended_without_job
from bot.launches.steps.observe import FAILED, apply_job, as_seen, observe
from bot.models.cloud import ENDED_JOB_STATES, CustomJob
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import JobSeen, Stage, Verdict


async def follow(context: StepContext) -> None:
    """Look once more at the job and says how it ended."""
    if context.launch.job is None:
        await _without_job(context)
        return
    job = await _job(context, context.launch.job)
    if job is None:
        await lose_sight(context)
    elif job.state in ENDED_JOB_STATES or job.state in FAILED:
        await apply_job(context, job)
    else:
        await context.align_to_poll(_interval(context), job=as_seen(context, job), trouble="", attempts=0)


def past_limit(context: StepContext) -> bool:
    """Whether the launch has been followed for as long as launches are."""
    return context.now() >= context.launch.created + timedelta(
        days=context.dependencies.settings.timing.follow_days
    )


async def lose_sight(context: StepContext) -> None:
    """End the launch as lost; an item that still waits in the queue is taken out, if W&B lets us."""
    if context.launch.job is None:
        with contextlib.suppress(ServiceError):
            await dequeue(context)
    await context.transition_to(Stage.REPORT, verdict=Verdict.LOST, ended=context.now())


async def _job(context: StepContext, seen: JobSeen) -> CustomJob | None:
    """Return the job in the region's one listing, else by its name; None when it is gone."""
    listed = await context.dependencies.poller.look(context.launch)
    if listed is not None:
        return listed
    try:
        return await context.dependencies.jobs.get_job(seen.resource)
    except ServiceError as error:
        if error.problem.kind is ProblemKind.NOT_FOUND:
            return None
        raise


async def _without_job(context: StepContext) -> None:
    observation = await observe(context)
    seen = observation.noted(context)
    if isinstance(observation.job, CustomJob):
        await apply_job(context, observation.job)
    elif isinstance(observation.job, Problem) or not await ended_without_job(context, observation, **seen):
        changes = {**seen, **observation.trouble(context), "misses": 0}
        await context.align_to_poll(min(_interval(context), _until_expiry(context)), **changes)


def _until_expiry(context: StepContext) -> float:
    """Seconds until an item that is still pending is taken out; infinite when that moment has passed."""
    left = (queue_deadline(context.dependencies.settings, context.launch) - context.now()).total_seconds()
    return left if left > 0 else float("inf")


def _interval(context: StepContext) -> float:
    """Seconds to the next look: a tenth of what has passed, within the settings' bounds."""
    timing = context.dependencies.settings.timing
    passed = (context.now() - (context.launch.queued or context.launch.created)).total_seconds()
    return max(timing.follow_first, min(timing.follow_last, passed / 10))
