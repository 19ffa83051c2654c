"""What one tick sees of a launch: its job, its queue item, its runner; all asked at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bot.launches.context import StepContext, trouble_sentence
from bot.launches.runner_selection import over, serves
from bot.launches.steps.dequeue import find_item
from bot.models.cloud import CustomJob, Execution, JobState, QueueItem
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import FailureKind, JobSeen, RunnerUse, Stage, Verdict

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Observation:
    """What one tick saw; None where there was nothing, a Problem where nothing could be asked."""

    job: CustomJob | Problem | None
    item: QueueItem | Problem | None
    execution: Execution | Problem | None

    @property
    def known_item(self) -> QueueItem | None:
        """The item, where the queue could be asked and lists it."""
        return None if isinstance(self.item, Problem) else self.item

    @property
    def runner_over(self) -> bool:
        """Whether the runner has surely ended, or is gone from Cloud Run."""
        if isinstance(self.execution, Problem):
            return self.execution.kind is ProblemKind.NOT_FOUND
        return self.execution is not None and over(self.execution.status)

    @property
    def problem(self) -> Problem | None:
        """The first system that could not be asked."""
        asked = (self.job, self.item, None if self.runner_over else self.execution)
        return next((answer for answer in asked if isinstance(answer, Problem)), None)

    def trouble(self, context: StepContext) -> dict[str, Any]:
        """Return the changes that tell of what could not be asked, or that all is well."""
        if self.problem is None:
            return {"trouble": "", "attempts": 0}
        return {"trouble": trouble_sentence(self.problem), "attempts": context.launch.attempts + 1}

    def noted(self, context: StepContext) -> dict[str, Any]:
        """Return the changes of the launch that this sighting means whatever follows."""
        changes: dict[str, Any] = {}
        if self.known_item is not None:
            changes["item_state"] = self.known_item.state
            changes["item_id"] = self.known_item.item_id
            if self.known_item.state is not context.launch.item_state:
                changes["misses"] = 0
                changes["item_since"] = context.now()
        use = context.launch.runner
        if isinstance(self.execution, Execution) and use is not None:
            now_seen = replace(use, status=self.execution.status, url=self.execution.url or use.url)
            changes["runners"] = (*context.launch.runners[:-1], now_seen)
        return changes


async def observe(context: StepContext) -> Observation:
    """Asks all three; the answers are shared with other launches of the same tick."""
    poller = context.dependencies.poller
    job, item, execution = await asyncio.gather(
        _ask(poller.look(context.launch)),
        _ask(find_item(context)),
        _ask(_runner(context, context.launch.runner)),
    )
    return Observation(job, item, execution)


async def _runner(context: StepContext, use: RunnerUse | None) -> Execution | None:
    """Return the launch's runner; without one whichever serves its queue, living before over."""
    if use is not None and use.resource:
        return await context.dependencies.poller.execution(use.resource)
    serving = [
        execution
        for execution in await context.dependencies.poller.executions()
        if serves(context.dependencies.settings, context.launch, execution)
    ]
    return next((one for one in serving if one.active), serving[0] if serving else None)


async def _ask(call: Awaitable[T]) -> T | Problem:
    try:
        return await call
    except ServiceError as error:
        return error.problem


FAILED: dict[JobState, tuple[FailureKind, str]] = {
    JobState.FAILED: (FailureKind.JOB_FAILED, "The job failed"),
    JobState.EXPIRED: (FailureKind.JOB_EXPIRED, "The job expired before it ran"),
    JobState.PARTIALLY_SUCCEEDED: (FailureKind.JOB_FAILED, "The job succeeded only in part"),
}


def as_seen(context: StepContext, job: CustomJob) -> JobSeen:
    """Return the job as the launch remembers it; the moment of the first sight stays."""
    before = context.launch.job
    if before is not None and before.resource != job.resource:
        before = None
    return JobSeen(
        resource=job.resource,
        job_id=job.job_id,
        state=job.state,
        first_seen=before.first_seen if before is not None else context.now(),
        created=job.created,
        started=job.started,
        ended=job.ended,
        error=job.error,
        url=job.url,
    )


async def apply_job(context: StepContext, job: CustomJob) -> None:
    """Write down the job; a job at work is submitted, an ended one has its outcome."""
    seen = as_seen(context, job)
    late = context.launch.verdict is Verdict.TIMED_OUT
    await _note(context, job, seen)
    if late and context.launch.verdict is Verdict.SUBMITTED:
        await context.dependencies.notifier.appeared(context.launch)


async def _note(context: StepContext, job: CustomJob, seen: JobSeen) -> None:
    if job.state in FAILED:
        kind, words = FAILED[job.state]
        said = f": {job.error.rstrip('.')}" if job.error else ""
        await context.fail(kind, f"{words}{said}.", read_log=True, job=seen)
    elif job.state is JobState.CANCELLED:
        by = f" by {context.launch.cancel_by}" if context.launch.cancel_by else " outside this bot"
        sentence = f"The job was cancelled{by}."
        await context.fail(
            FailureKind.JOB_CANCELLED, sentence, read_log=False, job=seen, verdict=Verdict.CANCELLED
        )
    elif job.state is JobState.SUCCEEDED:
        await context.transition_to(
            Stage.REPORT, job=seen, verdict=Verdict.SUCCEEDED, failure=None, ended=context.now(), misses=0
        )
    else:
        after = context.dependencies.settings.timing.follow_first
        await context.transition_to(
            Stage.FOLLOW, after=after, job=seen, verdict=Verdict.SUBMITTED, failure=None, ended=None, misses=0
        )
