"""Step 6: the follow-through, at growing intervals, until the job has ended."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from bot.launches.context import Turn
from bot.launches.deadlines import queue_deadline
from bot.launches.steps.dequeue import withdraw
from bot.launches.steps.lost_items import ended_without_job
from bot.launches.steps.observe import FAILED, as_seen, look, sighted
from bot.models.cloud import ENDED_JOB_STATES, CustomJob
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import JobSeen, Stage, Verdict


async def follow(turn: Turn) -> None:
    """Looks once more at the job and says how it ended."""
    if turn.launch.job is None:
        await _without_job(turn)
        return
    job = await _job(turn, turn.launch.job)
    if job is None:
        await lose_sight(turn)
    elif job.state in ENDED_JOB_STATES or job.state in FAILED:
        await sighted(turn, job)
    else:
        await turn.tick(_interval(turn), job=as_seen(turn, job), trouble="", attempts=0)


def past_limit(turn: Turn) -> bool:
    """Whether the launch has been followed for as long as launches are."""
    return turn.now() >= turn.launch.created + timedelta(days=turn.tools.settings.timing.follow_days)


async def lose_sight(turn: Turn) -> None:
    """Ends the launch as lost; an item that still waits in the queue is taken out, if W&B lets us."""
    if turn.launch.job is None:
        with contextlib.suppress(ServiceError):
            await withdraw(turn)
    await turn.go_on(Stage.REPORT, verdict=Verdict.LOST, ended=turn.now())


async def _job(turn: Turn, seen: JobSeen) -> CustomJob | None:
    """The job in the region's one listing, else by its name; None when it is gone."""
    listed = await turn.tools.poller.look(turn.launch)
    if listed is not None:
        return listed
    try:
        return await turn.tools.jobs.get_job(seen.resource)
    except ServiceError as error:
        if error.problem.kind is ProblemKind.NOT_FOUND:
            return None
        raise


async def _without_job(turn: Turn) -> None:
    sighting = await look(turn)
    seen = sighting.noted(turn)
    if isinstance(sighting.job, CustomJob):
        await sighted(turn, sighting.job)
    elif isinstance(sighting.job, Problem) or not await ended_without_job(turn, sighting, **seen):
        changes = {**seen, **sighting.trouble(turn), "misses": 0}
        await turn.tick(min(_interval(turn), _until_expiry(turn)), **changes)


def _until_expiry(turn: Turn) -> float:
    """Seconds until an item that is still pending is taken out; infinite when that moment has passed."""
    left = (queue_deadline(turn.tools.settings, turn.launch) - turn.now()).total_seconds()
    return left if left > 0 else float("inf")


def _interval(turn: Turn) -> float:
    """Seconds to the next look: a tenth of what has passed, within the settings' bounds."""
    timing = turn.tools.settings.timing
    passed = (turn.now() - (turn.launch.queued or turn.launch.created)).total_seconds()
    return max(timing.follow_first, min(timing.follow_last, passed / 10))
