"""Step 5: no job within the limit. Before it is said, one look by label in all regions."""

from __future__ import annotations

import asyncio

from bot.launches.context import Turn
from bot.launches.steps.observe import Sighting
from bot.launches.steps.sighted import sighted
from bot.models.cloud import CustomJob
from bot.models.errors import ServiceError
from bot.models.launch import Stage, Verdict


async def time_out(turn: Turn, sighting: Sighting) -> None:
    """Says that the wait is over, unless the job is found in another region; the launch is followed on."""
    job = await look_everywhere(turn)
    if job is not None:
        await turn.save(region=job.region)
        await sighted(turn, job)
        return
    after = turn.tools.settings.timing.follow_first
    seen = {**sighting.noted(turn), **sighting.trouble(turn)}
    await turn.go_on(Stage.FOLLOW, after=after, **{**seen, "verdict": Verdict.TIMED_OUT, "misses": 0})


async def look_everywhere(turn: Turn) -> CustomJob | None:
    """Return this launch's job in any other region of the settings; one that cannot be asked is left out."""
    answers = await asyncio.gather(
        *(_in_region(turn, region) for region in turn.tools.settings.regions if region != turn.launch.region)
    )
    return next((job for job in answers if job is not None), None)


async def _in_region(turn: Turn, region: str) -> CustomJob | None:
    try:
        return await turn.tools.poller.look(turn.launch, region)
    except ServiceError:
        # A region that cannot be asked holds up nothing: the follow-through looks on.
        return None
