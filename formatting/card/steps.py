"""The steps of a launch on its card: one line each, with state and duration."""

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
_RUNNER_ENDED = (ExecutionStatus.FAILED, ExecutionStatus.CANCELLED, ExecutionStatus.SUCCEEDED)


class Progress(StrEnum):
    """The state of a step. The values are keys of the table in `formatting.icons`."""

    TODO = "pending"
    DOING = "running"
    DONE = "succeeded"
    FAILED = "failed"
    STOPPED = "cancelled"


@dataclass(frozen=True, slots=True)
class Step:
    """A step: its text, the name of a resource and its URL, and details. Nothing is escaped."""

    progress: Progress
    doing: str
    name: str = ""
    url: str = ""
    more: str = ""

    def plain(self) -> str:
        """Return the step as one line of plain text."""
        named = f" {one_line(self.name)}" if self.name else ""
        return f"{icons.icon(self.progress)} {self.doing}{named}{self._details(one_line(self.more))}"

    def mrkdwn(self) -> str:
        """Return the step as one line of mrkdwn, escaped, its name linked."""
        named = f" {link(self.url, self.name)}" if self.name else ""
        return f"{icons.icon(self.progress)} {prose(self.doing)}{named}{self._details(prose(self.more))}"

    def _details(self, more: str) -> str:
        return f" · {more}" if more else ""


def steps(launch: Launch, now: datetime) -> tuple[Step, ...]:
    """Return the steps: queued, one for each runner, waiting, submitted. Empty for a refused launch."""
    if launch.verdict is Verdict.REFUSED:
        return ()
    return (_queue(launch), *_runners(launch), *_wait(launch, now), *_job(launch))


def _queue(launch: Launch) -> Step:
    seconds = seconds_between(launch.item_intended or launch.created, launch.queued)
    if launch.queued is not None:
        return Step(Progress.DONE, "Queued in", launch.queue, more=duration(seconds))
    if failed_as(launch, FailureKind.NOT_QUEUED, FailureKind.NOT_STARTED):
        return Step(Progress.FAILED, "Not queued in", launch.queue)
    return Step(_doing_or_stopped(launch), "Queueing in", launch.queue)


def failed_as(launch: Launch, *kinds: FailureKind) -> bool:
    """Return True if the launch failed with one of these kinds."""
    return launch.failure is not None and launch.failure.kind in kinds


def _doing_or_stopped(launch: Launch) -> Progress:
    return Progress.DOING if launch.verdict is Verdict.OPEN else Progress.STOPPED


def _runners(launch: Launch) -> tuple[Step, ...]:
    runner_steps = tuple(_runner(launch, use) for use in launch.runners)
    if runner_steps or launch.queued is None:
        return runner_steps or ((Step(Progress.TODO, "Runner"),) if launch.verdict is Verdict.OPEN else ())
    if failed_as(launch, FailureKind.NO_RUNNER):
        return (Step(Progress.FAILED, "No runner"),)
    if launch.job is not None or launch.verdict is not Verdict.OPEN:
        return ()
    return (Step(Progress.DOING, "Looking for a runner"),)


def _runner(launch: Launch, use: RunnerUse) -> Step:
    why = f"because {use.why}" if use.why else ""
    if not use.resource:
        return Step(_doing_or_stopped(launch), "Starting a runner", more=why)
    seconds = None if use.reused else seconds_between(use.intended, use.since)
    state = icons.state_text(use.status) if use.status is not ExecutionStatus.UNKNOWN else ""
    more = " · ".join(part for part in (state, "" if seconds is None else duration(seconds), why) if part)
    ended_early = use.status in _RUNNER_ENDED and launch.job is None
    progress = Progress.FAILED if ended_early else Progress.DONE
    return Step(progress, "Runner reused:" if use.reused else "Runner started:", use.name, use.url, more)


def bar(elapsed: float, limit: float) -> str:
    """Return a progress bar of ten parts and the numbers: "▰▰▰▱▱▱▱▱▱▱ 35 of 120 s"."""
    fraction = min(max(elapsed / limit, 0.0), 1.0) if limit > 0 else 1.0
    full = int(fraction * _BAR)
    return f"{'▰' * full}{'▱' * (_BAR - full)} {min(elapsed, limit):.0f} of {limit:g} s"


def waited(launch: Launch, now: datetime) -> float | None:
    """Return the seconds waited for the job, until it was seen or until `now`; None before the wait."""
    if launch.deadline is None:
        return None
    start = launch.deadline - timedelta(seconds=launch.limit_seconds)
    return seconds_between(start, launch.job.first_seen if launch.job else now)


def _wait(launch: Launch, now: datetime) -> tuple[Step, ...]:
    elapsed = waited(launch, now)
    if elapsed is None:
        not_started = launch.verdict is Verdict.OPEN and launch.job is None
        return (Step(Progress.TODO, "Wait for the job"),) if not_started else ()
    if launch.job is not None:
        return (Step(Progress.DONE, "Job seen", more=f"after {duration(elapsed)}"),)
    item = f" · queue item {icons.state_text(launch.item_state)}" if launch.item_state else ""
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
    run_time = seconds_between(job.started, job.ended)
    more = icons.state_text(job.state) + (f" after {duration(run_time)}" if run_time is not None else "")
    return (Step(progress, "Submitted: job", job.job_id, job.url, more),)
