"""Step 6: poll the job at growing intervals until it has ended."""

from __future__ import annotations

from datetime import timedelta

from bot.launches.context import StepContext
from bot.launches.deadlines import queue_deadline
from bot.launches.steps.lost_items import handle_lost_item
from bot.launches.steps.observe import FAILED_STATES, apply_job, job_seen, observe
from bot.models.cloud import ENDED_JOB_STATES, CustomJob
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import JobSeen, Stage, Verdict


async def follow_job(context: StepContext) -> None:
    """Read the job once and save its state, or its outcome when it has ended."""
    if context.launch.job is None:
        await _without_job(context)
        return
    job = await find_job(context, context.launch.job)
    if job is None:
        await end_as_lost(context)
    elif job.state in ENDED_JOB_STATES or job.state in FAILED_STATES:
        await apply_job(context, job)
    else:
        await context.align_to_poll(_interval(context), job=job_seen(context, job), trouble="", attempts=0)


def past_follow_limit(context: StepContext) -> bool:
    """Return True if the launch is older than `timing.follow_days`."""
    return context.now() >= context.launch.created + timedelta(
        days=context.dependencies.settings.timing.follow_days
    )


async def end_as_lost(context: StepContext) -> None:
    """End the launch as lost; call it only when no agent can take its item any more."""
    await context.transition_to(Stage.REPORT, verdict=Verdict.LOST, ended=context.now())


async def find_job(context: StepContext, seen: JobSeen) -> CustomJob | None:
    """Return the job in the region's one listing, else by its name; None when it is gone."""
    listed = await context.dependencies.poller.find_job(context.launch)
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
    changes = observation.changes(context)
    if isinstance(observation.job, CustomJob):
        await apply_job(context, observation.job)
    elif isinstance(observation.job, Problem) or not await handle_lost_item(context, observation, **changes):
        changes |= {**observation.trouble_changes(context), "misses": 0}
        await context.align_to_poll(min(_interval(context), _until_expiry(context)), **changes)


def _until_expiry(context: StepContext) -> float:
    """Return the seconds until the queue deadline; infinite when it has passed."""
    left = (queue_deadline(context.dependencies.settings, context.launch) - context.now()).total_seconds()
    return left if left > 0 else float("inf")


def _interval(context: StepContext) -> float:
    """Return the seconds to the next poll: a tenth of the elapsed time, within the bounds of the settings."""
    timing = context.dependencies.settings.timing
    elapsed = (context.now() - (context.launch.queued or context.launch.created)).total_seconds()
    return max(timing.follow_first, min(timing.follow_last, elapsed / 10))
