"""Finds a launch's job in the other regions, before a launch ends without one."""

from __future__ import annotations

import asyncio

from bot.launches.context import StepContext
from bot.launches.steps.observe import apply_job
from bot.models.cloud import CustomJob
from bot.models.errors import Problem, ServiceError


async def find_job_in_other_regions(context: StepContext) -> CustomJob | None:
    """Return this launch's job in any other region of the settings, None when surely none of them has it.

    Raise ServiceError when no job was found and a region could not be asked.
    """
    regions = [one for one in context.dependencies.settings.regions if one != context.launch.region]
    answers = await asyncio.gather(*(_in_region(context, region) for region in regions))
    job = next((answer for answer in answers if isinstance(answer, CustomJob)), None)
    problem = next((answer for answer in answers if isinstance(answer, Problem)), None)
    if job is None and problem is not None:
        raise ServiceError(problem)
    return job


async def followed_elsewhere(context: StepContext) -> bool:
    """Return whether the job was found in another region; then it is written down and followed there.

    Raise ServiceError like `find_job_in_other_regions`.
    """
    job = await find_job_in_other_regions(context)
    if job is not None:
        await context.save(region=job.region)
        await apply_job(context, job)
    return job is not None


async def _in_region(context: StepContext, region: str) -> CustomJob | Problem | None:
    try:
        return await context.dependencies.poller.find_job(context.launch, region)
    except ServiceError as error:
        return error.problem
