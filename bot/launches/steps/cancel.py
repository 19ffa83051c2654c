"""A cancel that somebody asked for: item out of the queue, job cancelled, run stopped; then it is said."""

from __future__ import annotations

import contextlib
from typing import Any

from bot.launches.context import Turn
from bot.launches.steps.dequeue import pause, withdraw
from bot.launches.steps.lost_items import in_dead_hands
from bot.launches.steps.observe import Sighting, as_seen, look, sighted
from bot.launches.steps.start_runner import release
from bot.models.cloud import CustomJob, JobState
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import Stage, Verdict


async def cancel(turn: Turn) -> None:
    """Does one pass of a cancel; a launch is called cancelled only once no money can be spent for it."""
    if turn.launch.item_intended is None:
        await _said(turn)
        return
    sighting = await look(turn)
    job = await _job(turn, sighting)
    if job is not None:
        await _with_job(turn, job)
    elif turn.launch.job is not None:
        await _said(turn)  # Vertex AI knows it no more: nothing is left to cancel
    elif await withdraw(turn):
        await _said(turn)
    elif in_dead_hands(turn, sighting) and turn.launch.withdrawn is None:
        await _in_dead_hands(turn)
    else:
        await turn.wait(pause(turn), **{**sighting.noted(turn), "misses": 0})


async def _job(turn: Turn, sighting: Sighting) -> CustomJob | None:
    """The job, listed or known by its name; None when there is surely none now."""
    if isinstance(sighting.job, Problem):
        raise ServiceError(sighting.job)
    if sighting.job is not None or turn.launch.job is None:
        return sighting.job
    try:
        return await turn.tools.jobs.get_job(turn.launch.job.resource)
    except ServiceError as error:
        if error.problem.kind is ProblemKind.NOT_FOUND:
            return None
        raise


async def _with_job(turn: Turn, job: CustomJob) -> None:
    if job.state is JobState.CANCELLED:
        await _said(turn, job=as_seen(turn, job))
    elif not job.active:
        await sighted(turn, job)  # it ended before anybody could cancel it
    else:
        await _cancel_job(turn, job)


async def _cancel_job(turn: Turn, job: CustomJob) -> None:
    if job.state is not JobState.CANCELLING:
        await turn.tools.jobs.cancel(job.resource)
    # The job is what costs money; W&B notices its end by itself.
    with contextlib.suppress(ServiceError):
        await turn.tools.tracker.stop_run(turn.launch.launch_id)
    await turn.wait(turn.tools.settings.timing.poll, job=as_seen(turn, job))


async def _in_dead_hands(turn: Turn) -> None:
    """The runner ended with the item in hand: no job comes any more, once a late one would show."""
    if turn.launch.misses == 0:
        await turn.wait(turn.tools.settings.timing.log_grace, misses=1)
    else:
        await _said(turn)


async def _said(turn: Turn, **changes: Any) -> None:
    now = turn.now()
    await release(turn)
    await turn.audit("cancel", "cancelled", actor=turn.launch.cancel_by)
    await turn.go_on(Stage.REPORT, **{"verdict": Verdict.CANCELLED, "ended": now, **changes})
