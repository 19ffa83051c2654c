"""Ends a launch past its follow limit; never while its item may still be pending."""

from __future__ import annotations

import contextlib

from bot.launches.context import StepContext
from bot.launches.deadlines import TRIES
from bot.launches.steps.all_regions import followed_elsewhere
from bot.launches.steps.dequeue import dequeue, dequeue_delay
from bot.launches.steps.follow_job import end_as_lost, find_job
from bot.launches.steps.lost_items import TAKEN_STATES
from bot.launches.steps.observe import FAILED_STATES, apply_job, observe
from bot.models.cloud import ENDED_JOB_STATES, CustomJob
from bot.models.errors import ServiceError
from bot.models.launch import JobSeen


async def let_go(context: StepContext) -> None:
    """End the launch by what its job came to, else as lost once no agent can take its item any more.

    Raise ServiceError while the queue cannot be asked: then the launch stays unfinished, however old.
    """
    if context.launch.job is not None:
        await _end_by_job(context, context.launch.job)
        return
    observation = await observe(context)
    if isinstance(observation.job, CustomJob):
        await apply_job(context, observation.job)
        return
    item = observation.known_item
    if (item is None or item.state not in TAKEN_STATES) and not await dequeue(context):
        # No failure: with `attempts` at none, a cancel that was asked for is tried again before this.
        await context.reschedule(dequeue_delay(context), trouble="", attempts=0)
        return
    # With the item out of the queue a region that does not answer holds up nothing: lost is true then.
    with contextlib.suppress(ServiceError):
        if await followed_elsewhere(context):
            return
    await end_as_lost(context)


async def _end_by_job(context: StepContext, seen: JobSeen) -> None:
    try:
        job = await find_job(context, seen)
    except ServiceError:
        if context.launch.attempts < TRIES:
            raise
        job = None
    if job is not None and (job.state in ENDED_JOB_STATES or job.state in FAILED_STATES):
        await apply_job(context, job)
    else:
        await end_as_lost(context)
