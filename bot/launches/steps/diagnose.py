"""After a failure: the log is read, a second time once late lines have had time to come, and diagnosed."""

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

OF_THE_JOB = frozenset({FailureKind.JOB_FAILED, FailureKind.JOB_EXPIRED, FailureKind.JOB_CANCELLED})
READS = 3  # over the grace for late lines: at once, half-way, at its end


async def diagnose(context: StepContext) -> None:
    """Read the log of what failed and writes the cause down; says so when it cannot be read."""
    late = await _late_job(context)
    if late is not None:
        await apply_job(context, late)
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
        await _later_or(context, replace(failure, reading=False, unread=unread, log_url=link))
        return
    if sure(diagnosis):
        await _done(context, replace(failure, diagnosis=diagnosis, reading=False, unread="", log_url=link))
    else:
        await _later_or(context, _best(failure, diagnosis, link))


async def _late_job(context: StepContext) -> CustomJob | None:
    """Return the job of a launch that failed for want of one: found before the last word, it wins."""
    if context.launch.job is not None:
        return None
    try:
        return await context.dependencies.poller.look_now(context.launch)
    except ServiceError:
        return None


def _best(failure: Failure, diagnosis: Diagnosis | None, link: str) -> Failure:
    if diagnosis is None:
        return replace(failure, reading=False, unread="Its log is empty so far.", log_url=link)
    return replace(failure, diagnosis=diagnosis, reading=False, unread="", log_url=link)


def sure(diagnosis: Diagnosis | None) -> bool:
    """Whether later lines are unlikely to change this diagnosis."""
    return (
        diagnosis is not None
        and diagnosis.has_error
        and diagnosis.category is not Category.UNKNOWN
        and diagnosis.confidence is not Confidence.LOW
    )


async def _later_or(context: StepContext, final: Failure) -> None:
    """Try again while late lines may come; then `final` is the last word."""
    grace = context.dependencies.settings.timing.log_grace
    failed = context.launch.ended or context.now()
    if context.now() >= failed + timedelta(seconds=grace):
        await _done(context, final)
        return
    await context.reschedule(grace / (READS - 1), failure=replace(final, reading=True))


async def _done(context: StepContext, failure: Failure) -> None:
    await context.transition_to(Stage.REPORT, failure=failure)


def log_scope(launch: Launch) -> LogScope | None:
    """Whose log tells why this launch failed: the job's, else the last runner's, else None."""
    if launch.failure is None:
        return None
    if launch.failure.kind in OF_THE_JOB:
        if launch.job is None:
            return None
        since = launch.job.created or launch.created
        return LogScope(Source.VERTEX, (launch.job.job_id,), _before(since))
    use = launch.runner
    if use is None or not use.name:
        return None
    # A reused runner wrote for others before us: only what it wrote since this launch counts.
    return LogScope(
        Source.CLOUD_RUN,
        (use.name,),
        _before(launch.created if use.reused else (use.intended or launch.created)),
    )


def _before(moment: datetime) -> datetime:
    return moment - timedelta(seconds=60)
