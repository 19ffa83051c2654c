"""What follows when this launch's custom job is seen, in whatever state."""

from __future__ import annotations

from bot.launches.context import Turn
from bot.models.cloud import CustomJob, JobState
from bot.models.launch import FailureKind, JobSeen, Stage, Verdict

FAILED: dict[JobState, tuple[FailureKind, str]] = {
    JobState.FAILED: (FailureKind.JOB_FAILED, "The job failed"),
    JobState.EXPIRED: (FailureKind.JOB_EXPIRED, "The job expired before it ran"),
    JobState.PARTIALLY_SUCCEEDED: (FailureKind.JOB_FAILED, "The job succeeded only in part"),
}


def as_seen(turn: Turn, job: CustomJob) -> JobSeen:
    """The job as the launch remembers it; the moment of the first sight stays."""
    before = turn.launch.job
    if before is not None and before.resource != job.resource:
        before = None
    return JobSeen(
        resource=job.resource,
        job_id=job.job_id,
        state=job.state,
        first_seen=before.first_seen if before is not None else turn.now(),
        created=job.created,
        started=job.started,
        ended=job.ended,
        error=job.error,
        url=job.url,
    )


async def sighted(turn: Turn, job: CustomJob) -> None:
    """Writes down the job; a job at work is submitted, an ended one has its outcome."""
    seen = as_seen(turn, job)
    late = turn.launch.verdict is Verdict.TIMED_OUT
    await _note(turn, job, seen)
    if late and turn.launch.verdict is Verdict.SUBMITTED:
        await turn.tools.announcer.appeared(turn.launch)


async def _note(turn: Turn, job: CustomJob, seen: JobSeen) -> None:
    if job.state in FAILED:
        kind, words = FAILED[job.state]
        said = f": {job.error.rstrip('.')}" if job.error else ""
        await turn.fail(kind, f"{words}{said}.", read_log=True, job=seen)
    elif job.state is JobState.CANCELLED:
        by = f" by {turn.launch.cancel_by}" if turn.launch.cancel_by else " outside this bot"
        sentence = f"The job was cancelled{by}."
        await turn.fail(
            FailureKind.JOB_CANCELLED, sentence, read_log=False, job=seen, verdict=Verdict.CANCELLED
        )
    elif job.state is JobState.SUCCEEDED:
        await turn.go_on(
            Stage.REPORT, job=seen, verdict=Verdict.SUCCEEDED, failure=None, ended=turn.now(), misses=0
        )
    else:
        after = turn.tools.settings.timing.follow_first
        await turn.go_on(
            Stage.FOLLOW, after=after, job=seen, verdict=Verdict.SUBMITTED, failure=None, ended=None, misses=0
        )
