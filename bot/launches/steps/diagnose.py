"""Read and diagnose the log of a failed launch, again while late lines may still arrive."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.launches.context import StepContext, trouble_sentence
from bot.launches.steps.observe import apply_job
from bot.models.cloud import CustomJob
from bot.models.diagnosis import Category, Confidence, Diagnosis, Source
from bot.models.errors import ServiceError
from bot.models.launch import Failure, FailureKind, Launch, Stage
from bot.ports import LogScope

JOB_FAILURES = frozenset({FailureKind.JOB_FAILED, FailureKind.JOB_EXPIRED, FailureKind.JOB_CANCELLED})
READS = 3  # within `timing.log_grace`: at once, half-way, at its end


async def diagnose(context: StepContext) -> None:
    """Read the log of the failed job or runner and save its diagnosis, or why it could not be read."""
    job = await _late_job(context)
    if job is not None:
        await apply_job(context, job)
        return
    failure, scope = context.launch.failure, log_scope(context.launch)
    if failure is None or scope is None:
        await context.transition_to(Stage.REPORT)
        return
    link = context.dependencies.reader.url(scope)
    try:
        diagnosis = await context.dependencies.reader.read(scope)
    except ServiceError as error:
        unread = f"The log could not be read: {trouble_sentence(error.problem)}"
        await _retry_or_finish(context, replace(failure, reading=False, unread=unread, log_url=link))
        return
    if is_final(diagnosis):
        await _finish(context, replace(failure, diagnosis=diagnosis, reading=False, unread="", log_url=link))
    else:
        await _retry_or_finish(context, _with_diagnosis(failure, diagnosis, link))


async def _late_job(context: StepContext) -> CustomJob | None:
    """Return the late job of a launch that failed without one; it overrides the failure."""
    if context.launch.job is not None:
        return None
    try:
        return await context.dependencies.poller.find_job_uncached(context.launch)
    except ServiceError:
        return None


def _with_diagnosis(failure: Failure, diagnosis: Diagnosis | None, link: str) -> Failure:
    if diagnosis is None:
        return replace(failure, reading=False, unread="Its log is empty so far.", log_url=link)
    return replace(failure, diagnosis=diagnosis, reading=False, unread="", log_url=link)


def is_final(diagnosis: Diagnosis | None) -> bool:
    """Return True if later lines are unlikely to change this diagnosis."""
    return (
        diagnosis is not None
        and diagnosis.has_error
        and diagnosis.category is not Category.UNKNOWN
        and diagnosis.confidence is not Confidence.LOW
    )


async def _retry_or_finish(context: StepContext, final: Failure) -> None:
    """Schedule another read while late lines may arrive; after that save `final`."""
    grace = context.dependencies.settings.timing.log_grace
    failed = context.launch.ended or context.now()
    if context.now() >= failed + timedelta(seconds=grace):
        await _finish(context, final)
        return
    await context.reschedule(grace / (READS - 1), failure=replace(final, reading=True))


async def _finish(context: StepContext, failure: Failure) -> None:
    await context.transition_to(Stage.REPORT, failure=failure)


def log_scope(launch: Launch) -> LogScope | None:
    """Return the log that explains the failure: the job's, else the last runner's, else None."""
    if launch.failure is None:
        return None
    if launch.failure.kind in JOB_FAILURES:
        if launch.job is None:
            return None
        since = launch.job.created or launch.created
        return LogScope(Source.VERTEX, (launch.job.job_id,), _with_margin(since))
    use = launch.runner
    if use is None or not use.name:
        return None
    # A reused runner has served other launches: only entries since this launch count.
    return LogScope(
        Source.CLOUD_RUN,
        (use.name,),
        _with_margin(launch.created if use.reused else (use.intended or launch.created)),
    )


def _with_margin(since: datetime) -> datetime:
    return since - timedelta(seconds=60)
