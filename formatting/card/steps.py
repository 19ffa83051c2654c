"""The steps of a launch as the card shows them: one line each, with its state and seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.models.cloud import ExecutionStatus
from bot.models.launch import FailureKind, Launch, RunnerUse, Verdict
from formatting import icons
from formatting.slack.text import link, one_line, prose
from formatting.times import duration, seconds_between

_BAR = 10
_RUNNER_OVER = (ExecutionStatus.FAILED, ExecutionStatus.CANCELLED, ExecutionStatus.SUCCEEDED)


class Progress(StrEnum):
    """How far a step is; the values are words of `formatting.glyphs`."""

    TODO = "pending"
    DOING = "running"
    DONE = "succeeded"
    FAILED = "failed"
    STOPPED = "cancelled"


@dataclass(frozen=True, slots=True)
class Step:
    """A step: what it did or does, a name that may lead somewhere, and more; none of it escaped."""

    progress: Progress
    doing: str
    name: str = ""
    url: str = ""
    more: str = ""

    def plain(self) -> str:
        """Return the step as one line of plain text."""
        named = f" {one_line(self.name)}" if self.name else ""
        return f"{icons.glyph(self.progress)} {self.doing}{named}{self._tail(one_line(self.more))}"

    def mrkdwn(self) -> str:
        """Return the step as one line of mrkdwn, escaped, its name linked."""
        named = f" {link(self.url, self.name)}" if self.name else ""
        return f"{icons.glyph(self.progress)} {prose(self.doing)}{named}{self._tail(prose(self.more))}"

    def _tail(self, more: str) -> str:
        return f" · {more}" if more else ""


def steps(launch: Launch, now: datetime) -> tuple[Step, ...]:
    """Return the lines of the card: queued, runner (one line for each), waiting, submitted; none if refused."""
    if launch.verdict is Verdict.REFUSED:
        return ()
    return (_queue(launch), *_runners(launch), *_wait(launch, now), *_job(launch))


def _queue(launch: Launch) -> Step:
    took = seconds_between(launch.item_intended or launch.created, launch.queued)
    if launch.queued is not None:
        return Step(Progress.DONE, "Queued in", launch.queue, more=duration(took))
    if failed_as(launch, FailureKind.NOT_QUEUED, FailureKind.NOT_STARTED):
        return Step(Progress.FAILED, "Not queued in", launch.queue)
    return Step(_open_or_stopped(launch), "Queueing in", launch.queue)


def failed_as(launch: Launch, *kinds: FailureKind) -> bool:
    """Return whether the launch failed, in one of these ways."""
    return launch.failure is not None and launch.failure.kind in kinds


def _open_or_stopped(launch: Launch) -> Progress:
    return Progress.DOING if launch.verdict is Verdict.OPEN else Progress.STOPPED


def _runners(launch: Launch) -> tuple[Step, ...]:
    made = tuple(_runner(launch, use) for use in launch.runners)
    if made or launch.queued is None:
        return made or ((Step(Progress.TODO, "Runner"),) if launch.verdict is Verdict.OPEN else ())
    if failed_as(launch, FailureKind.NO_RUNNER):
        return (Step(Progress.FAILED, "No runner"),)
    if launch.job is not None or launch.verdict is not Verdict.OPEN:
        return ()
    return (Step(Progress.DOING, "Looking for a runner"),)


def _runner(launch: Launch, use: RunnerUse) -> Step:
    why = f"because {use.why}" if use.why else ""
    if not use.resource:
        return Step(_open_or_stopped(launch), "Starting a runner", more=why)
    took = None if use.reused else seconds_between(use.intended, use.since)
    state = icons.words(use.status) if use.status is not ExecutionStatus.UNKNOWN else ""
    more = " · ".join(part for part in (state, "" if took is None else duration(took), why) if part)
    over = use.status in _RUNNER_OVER and launch.job is None
    progress = Progress.FAILED if over else Progress.DONE
    return Step(progress, "Runner reused:" if use.reused else "Runner started:", use.name, use.url, more)


def bar(elapsed: float, limit: float) -> str:
    """Return a small bar of ten parts and the numbers: "▰▰▰▱▱▱▱▱▱▱ 35 of 120 s"."""
    part = min(max(elapsed / limit, 0.0), 1.0) if limit > 0 else 1.0
    full = int(part * _BAR)
    return f"{'▰' * full}{'▱' * (_BAR - full)} {min(elapsed, limit):.0f} of {limit:g} s"


def waited(launch: Launch, now: datetime) -> float | None:
    """Seconds waited for the job, until it was seen or until now; None before the wait."""
    if launch.deadline is None:
        return None
    start = launch.deadline - timedelta(seconds=launch.limit_seconds)
    return seconds_between(start, launch.job.first_seen if launch.job else now)


def _wait(launch: Launch, now: datetime) -> tuple[Step, ...]:
    elapsed = waited(launch, now)
    if elapsed is None:
        todo = launch.verdict is Verdict.OPEN and launch.job is None
        return (Step(Progress.TODO, "Wait for the job"),) if todo else ()
    if launch.job is not None:
        return (Step(Progress.DONE, "Job seen", more=f"after {duration(elapsed)}"),)
    item = f" · queue item {icons.words(launch.item_state)}" if launch.item_state else ""
    if failed_as(launch, FailureKind.QUEUE_EXPIRED):
        item = " · queue item taken out"
    if launch.verdict is Verdict.OPEN:
        return (Step(Progress.DOING, "Waiting for the job", more=bar(elapsed, launch.limit_seconds) + item),)
    progress = Progress.STOPPED if launch.verdict is Verdict.CANCELLED else Progress.FAILED
    within = f"no job within {launch.limit_seconds:g} s" if launch.verdict is Verdict.TIMED_OUT else "no job"
    return (Step(progress, "Waited for the job", more=within + item),)


def _job(launch: Launch) -> tuple[Step, ...]:
    job = launch.job
    if job is None:
        return (Step(Progress.TODO, "Submitted"),) if launch.verdict is Verdict.OPEN else ()
    progress = {
        Verdict.FAILED: Progress.FAILED,
        Verdict.CANCELLED: Progress.STOPPED,
    }.get(launch.verdict, Progress.DONE)
    lasted = seconds_between(job.started, job.ended)
    more = icons.words(job.state) + (f" after {duration(lasted)}" if lasted is not None else "")
    return (Step(progress, "Submitted: job", job.job_id, job.url, more),)
