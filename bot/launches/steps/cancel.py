"""A cancel that somebody asked for: item out of the queue, job cancelled, run stopped; then it is said."""

from __future__ import annotations

import contextlib
from typing import Any

from bot.errors import ServiceError
from bot.launches.steps.sighted import as_seen, sighted
from bot.launches.steps.withdraw import withdraw
from bot.launches.turn import Turn
from bot.models.cloud import CustomJob, JobState
from bot.models.launch import Stage, Verdict
from bot.ports import AuditEntry

STOPPED = (JobState.CANCELLED, JobState.CANCELLING)


async def cancel(turn: Turn) -> None:
    """Does one pass of a cancel; a launch is called cancelled only once no money can be spent for it."""
    if turn.launch.item_intended is None or await withdraw(turn):
        await _said(turn)
        return
    job = await turn.tools.poller.look(turn.launch)
    if job is None:
        # With an agent, between claim and job: the job is cancelled as soon as it shows.
        await turn.wait(turn.tools.settings.timing.poll)
    elif job.active:
        await _cancel_job(turn, job)
    elif job.state is JobState.CANCELLED:
        await _said(turn, job=as_seen(turn, job))
    else:
        await sighted(turn, job)


async def _cancel_job(turn: Turn, job: CustomJob) -> None:
    if job.state is not JobState.CANCELLING:
        await turn.tools.jobs.cancel(job.resource)
    # The job is what costs money; W&B notices its end by itself.
    with contextlib.suppress(ServiceError):
        await turn.tools.tracker.stop_run(turn.launch.launch_id)
    await turn.wait(turn.tools.settings.timing.poll, job=as_seen(turn, job))


async def _said(turn: Turn, **changes: Any) -> None:
    now = turn.now()
    await turn.go_on(Stage.REPORT, verdict=Verdict.CANCELLED, ended=now, **changes)
    await turn.tools.audit.record(
        AuditEntry(
            at=now,
            actor=turn.launch.cancel_by,
            action="cancel",
            target=turn.launch.launch_id,
            outcome="cancelled",
        )
    )
