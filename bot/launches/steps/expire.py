"""What may start no more: a request of which nothing was sent in time, an item that waited for too long."""

from __future__ import annotations

from bot.launches.context import Turn
from bot.launches.deadlines import expired, nothing_sent, queue_deadline, start_deadline
from bot.launches.steps.dequeue import pause, withdraw
from bot.launches.steps.follow_job import past_limit
from bot.launches.steps.observe import look, sighted
from bot.launches.steps.start_runner import release
from bot.launches.steps.wait_for_job import look_everywhere
from bot.models.cloud import CustomJob, QueueItem, QueueItemState
from bot.models.errors import Problem, ServiceError
from bot.models.launch import FailureKind, Stage

MAY_START = frozenset({Stage.ANNOUNCE, Stage.QUEUE, Stage.RUNNER, Stage.WAIT, Stage.FOLLOW})
# Tries to take an item out, a minute apart at last, after which a launch past all limits is let go.
TRIES = 60


async def end_in_time(turn: Turn) -> bool:
    """Return whether this turn was for ending what may start no more; else nothing was done.

    It comes before every other step, so after a restart before a runner is started. Raise ServiceError
    while W&B or Vertex AI cannot be asked: nothing is called over before.
    """
    launch, settings, now = turn.launch, turn.tools.settings, turn.now()
    if launch.cancel_asked is not None or launch.stage not in MAY_START:
        return False
    if nothing_sent(launch):
        return now >= start_deadline(settings, launch) and await _not_started(turn)
    if not expired(settings, launch, now) or (past_limit(turn) and launch.attempts >= TRIES):
        return False
    return await _take_out(turn)


async def _not_started(turn: Turn) -> bool:
    seconds = turn.tools.settings.timing.start_within
    why = f"{turn.launch.trouble.rstrip('.')}. " if turn.launch.trouble else ""
    sentence = f"{why}Nothing was sent within {seconds:g} s, so nothing was queued. Type it again."
    await turn.audit("launch", "not started", detail=turn.launch.trouble)
    await turn.fail(FailureKind.NOT_STARTED, sentence, read_log=False)
    return True


async def _take_out(turn: Turn) -> bool:
    """Take the item out of the queue if no agent has it; the launch ends once surely no job comes of it."""
    sighting = await look(turn)
    if isinstance(sighting.job, CustomJob):
        await sighted(turn, sighting.job)
        return True
    if isinstance(sighting.item, Problem):
        raise ServiceError(sighting.item)
    if not _untaken(turn, sighting.item):
        return False
    out = await withdraw(turn)
    if isinstance(sighting.job, Problem):
        raise ServiceError(sighting.job)  # a job may be there
    if not out:
        await turn.wait(pause(turn), **{**sighting.noted(turn), "trouble": "", "attempts": 0})
        return True
    return await _ended(turn)


def _untaken(turn: Turn, item: QueueItem | None) -> bool:
    """Whether no agent has taken the item: it is pending, or was when it was last seen in the queue."""
    if item is not None:
        return item.state is QueueItemState.PENDING
    if turn.launch.stage is Stage.QUEUE and turn.launch.withdrawn is None:
        return False  # never seen there: the queue step finds out whether it was sent
    return turn.launch.item_state in (None, QueueItemState.PENDING)


async def _ended(turn: Turn) -> bool:
    job = await look_everywhere(turn)
    if job is not None:
        await turn.save(region=job.region)
        await sighted(turn, job)
        return True
    if await turn.tools.tracker.find_run(turn.launch.launch_id) is not None:
        return False  # some agent has had it: it is followed on
    await release(turn)
    waited = queue_deadline(turn.tools.settings, turn.launch) - turn.launch.created
    sentence = (
        f"No runner took the item within {_span(waited.total_seconds())}, "
        "so it was taken out of the queue; nothing was spent."
    )
    await turn.audit("launch", "expired", detail="taken out of the queue")
    await turn.fail(FailureKind.QUEUE_EXPIRED, sentence, read_log=False)
    return True


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"  # noqa: PLR2004 - two minutes
