"""Observation of a launch: read its job, queue item and runner concurrently, and apply a job to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bot.launches.context import StepContext, trouble_sentence
from bot.launches.runner_selection import has_ended, serves
from bot.launches.steps.dequeue import find_item
from bot.models.cloud import CustomJob, Execution, JobState, QueueItem
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import FailureKind, JobSeen, RunnerUse, Stage, Verdict

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Observation:
    """The result of one poll: None means not found, a Problem means that the read failed."""

    job: CustomJob | Problem | None
    item: QueueItem | Problem | None
    execution: Execution | Problem | None

    @property
    def known_item(self) -> QueueItem | None:
        """The item if the queue was read and lists it, else None."""
        return None if isinstance(self.item, Problem) else self.item

    @property
    def runner_ended(self) -> bool:
        """True if the runner has certainly ended, or does not exist in Cloud Run any more."""
        if isinstance(self.execution, Problem):
            return self.execution.kind is ProblemKind.NOT_FOUND
        return self.execution is not None and has_ended(self.execution.status)

    @property
    def problem(self) -> Problem | None:
        """The first failed read, if any."""
        results = (self.job, self.item, None if self.runner_ended else self.execution)
        return next((result for result in results if isinstance(result, Problem)), None)

    def trouble_changes(self, context: StepContext) -> dict[str, Any]:
        """Return the launch fields that record the first failed read, or clear them if all succeeded."""
        if self.problem is None:
            return {"trouble": "", "attempts": 0}
        return {"trouble": trouble_sentence(self.problem), "attempts": context.launch.attempts + 1}

    def changes(self, context: StepContext) -> dict[str, Any]:
        """Return the launch fields for the observed item and runner, to be saved in any case."""
        changes: dict[str, Any] = {}
        if self.known_item is not None:
            changes["item_state"] = self.known_item.state
            changes["item_id"] = self.known_item.item_id
            if self.known_item.state is not context.launch.item_state:
                changes["misses"] = 0
                changes["item_since"] = context.now()
        use = context.launch.runner
        if isinstance(self.execution, Execution) and use is not None:
            updated = replace(use, status=self.execution.status, url=self.execution.url or use.url)
            changes["runners"] = (*context.launch.runners[:-1], updated)
        return changes


async def observe(context: StepContext) -> Observation:
    """Read all three; launches of the same tick share the calls."""
    poller = context.dependencies.poller
    job, item, execution = await asyncio.gather(
        _result_of(poller.find_job(context.launch)),
        _result_of(find_item(context)),
        _result_of(_runner(context, context.launch.runner)),
    )
    return Observation(job, item, execution)


async def _runner(context: StepContext, use: RunnerUse | None) -> Execution | None:
    """Return the launch's runner; without one any execution on its queue, active ones first."""
    if use is not None and use.resource:
        return await context.dependencies.poller.execution(use.resource)
    serving = [
        execution
        for execution in await context.dependencies.poller.executions()
        if serves(context.dependencies.settings, context.launch, execution)
    ]
    return next((one for one in serving if one.active), serving[0] if serving else None)


async def _result_of(call: Awaitable[T]) -> T | Problem:
    try:
        return await call
    except ServiceError as error:
        return error.problem


FAILED_STATES: dict[JobState, tuple[FailureKind, str]] = {
    JobState.FAILED: (FailureKind.JOB_FAILED, "The job failed"),
    JobState.EXPIRED: (FailureKind.JOB_EXPIRED, "The job expired before it ran"),
    JobState.PARTIALLY_SUCCEEDED: (FailureKind.JOB_FAILED, "The job succeeded only in part"),
}


def job_seen(context: StepContext, job: CustomJob) -> JobSeen:
    """Return the job in its stored form; `first_seen` of the same job is kept."""
    previous = context.launch.job
    if previous is not None and previous.resource != job.resource:
        previous = None
    return JobSeen(
        resource=job.resource,
        job_id=job.job_id,
        state=job.state,
        first_seen=previous.first_seen if previous is not None else context.now(),
        created=job.created,
        started=job.started,
        ended=job.ended,
        error=job.error,
        url=job.url,
    )


async def apply_job(context: StepContext, job: CustomJob) -> None:
    """Save the job: an active one marks the launch as submitted, an ended one decides its outcome."""
    seen = job_seen(context, job)
    timed_out = context.launch.verdict is Verdict.TIMED_OUT
    await _apply_state(context, job, seen)
    if timed_out and context.launch.verdict is Verdict.SUBMITTED:
        await context.dependencies.notifier.notify_late_job(context.launch)


async def _apply_state(context: StepContext, job: CustomJob, seen: JobSeen) -> None:
    if job.state in FAILED_STATES:
        kind, phrase = FAILED_STATES[job.state]
        reason = f": {job.error.rstrip('.')}" if job.error else ""
        await context.fail(kind, f"{phrase}{reason}.", read_log=True, job=seen)
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
