"""After a failure: the log is read, a second time once late lines have had time to come, and diagnosed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.launches.context import Turn, trouble_sentence
from bot.launches.steps.observe import sighted
from bot.models.cloud import CustomJob
from bot.models.diagnosis import Category, Confidence, Diagnosis, Source
from bot.models.errors import ServiceError
from bot.models.launch import Failure, FailureKind, Launch, Stage
from bot.ports import LogScope

OF_THE_JOB = frozenset({FailureKind.JOB_FAILED, FailureKind.JOB_EXPIRED, FailureKind.JOB_CANCELLED})
READS = 3  # over the grace for late lines: at once, half-way, at its end


async def diagnose(turn: Turn) -> None:
    """Reads the log of what failed and writes the cause down; says so when it cannot be read."""
    late = await _late_job(turn)
    if late is not None:
        await sighted(turn, late)
        return
    failure, scope = turn.launch.failure, log_scope(turn.launch)
    if failure is None or scope is None:
        await turn.go_on(Stage.REPORT)
        return
    link = turn.tools.reader.url(scope)
    try:
        diagnosis = await turn.tools.reader.read(scope)
    except ServiceError as error:
        unread = f"The log could not be read: {trouble_sentence(error.problem)}"
        await _later_or(turn, replace(failure, reading=False, unread=unread, log_url=link))
        return
    if sure(diagnosis):
        await _done(turn, replace(failure, diagnosis=diagnosis, reading=False, unread="", log_url=link))
    else:
        await _later_or(turn, _best(failure, diagnosis, link))


async def _late_job(turn: Turn) -> CustomJob | None:
    """The job of a launch that failed for want of one: found before the last word, it wins."""
    if turn.launch.job is not None:
        return None
    try:
        return await turn.tools.poller.look_now(turn.launch)
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


async def _later_or(turn: Turn, final: Failure) -> None:
    """Tries again while late lines may come; then `final` is the last word."""
    grace = turn.tools.settings.timing.log_grace
    failed = turn.launch.ended or turn.now()
    if turn.now() >= failed + timedelta(seconds=grace):
        await _done(turn, final)
        return
    await turn.wait(grace / (READS - 1), failure=replace(final, reading=True))


async def _done(turn: Turn, failure: Failure) -> None:
    await turn.go_on(Stage.REPORT, failure=failure)


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
