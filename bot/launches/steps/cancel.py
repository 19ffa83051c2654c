"""Cancel a launch: remove its item from the queue, cancel its job, stop its run, then report."""

from __future__ import annotations

import contextlib
from typing import Any

from bot.launches.context import StepContext
from bot.launches.steps.all_regions import find_job_in_other_regions
from bot.launches.steps.dequeue import dequeue, dequeue_delay
from bot.launches.steps.lost_items import item_is_orphaned
from bot.launches.steps.observe import Observation, apply_job, job_seen, observe
from bot.launches.steps.start_runner import release_claim
from bot.models.cloud import CustomJob, JobState
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import Stage, Verdict


async def cancel(context: StepContext) -> None:
    """Run one pass of a cancel; the launch counts as cancelled once it can incur no cost."""
    if context.launch.item_intended is None:
        await _finish(context)
        return
    observation = await observe(context)
    job = await _job(context, observation)
    if job is not None:
        await _apply_or_cancel(context, job)
    elif context.launch.job is not None:
        await _finish(context)  # the job is gone from Vertex AI: nothing is left to cancel
    elif await dequeue(context):
        await _without_job(context)
    elif item_is_orphaned(context, observation) and context.launch.withdrawn is None:
        await _wait_for_late_job(context)
    else:
        await context.reschedule(dequeue_delay(context), **{**observation.changes(context), "misses": 0})


async def _job(context: StepContext, observation: Observation) -> CustomJob | None:
    """Return the job, from the listing or by its name; None when there is certainly none."""
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


async def _apply_or_cancel(context: StepContext, job: CustomJob) -> None:
    if job.state is JobState.CANCELLED:
        await _finish(context, job=job_seen(context, job))
    elif not job.active:
        await apply_job(context, job)  # it ended before it could be cancelled
    else:
        await _cancel_job(context, job)


async def _cancel_job(context: StepContext, job: CustomJob) -> None:
    if job.state is not JobState.CANCELLING:
        await context.dependencies.jobs.cancel(job.resource)
    # Only the job incurs cost; W&B detects the end of its run without this call.
    with contextlib.suppress(ServiceError):
        await context.dependencies.tracker.stop_run(context.launch.launch_id)
    await context.reschedule(context.dependencies.settings.timing.poll, job=job_seen(context, job))


async def _wait_for_late_job(context: StepContext) -> None:
    """Finish once a late job would be listed: the runner ended after it took the item."""
    if context.launch.misses == 0:
        await context.reschedule(context.dependencies.settings.timing.log_grace, misses=1)
    else:
        await _without_job(context)


async def _without_job(context: StepContext) -> None:
    """No job in its own region: it is called cancelled once no other region has one either."""
    job = await find_job_in_other_regions(context)
    if job is None:
        await _finish(context)
        return
    await context.save(region=job.region)
    await _apply_or_cancel(context, job)


async def _finish(context: StepContext, **changes: Any) -> None:
    now = context.now()
    await release_claim(context)
    await context.audit("cancel", "cancelled", actor=context.launch.cancel_by)
    await context.transition_to(Stage.REPORT, **{"verdict": Verdict.CANCELLED, "ended": now, **changes})
