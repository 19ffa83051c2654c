"""What may start no more: a request of which nothing was sent in time, an item that waited for too long."""

from __future__ import annotations

from bot.launches.context import StepContext
from bot.launches.deadlines import expired, nothing_sent, queue_deadline, start_deadline
from bot.launches.steps.dequeue import dequeue, pause
from bot.launches.steps.follow_job import past_limit
from bot.launches.steps.observe import apply_job, observe
from bot.launches.steps.start_runner import release
from bot.launches.steps.wait_for_job import look_everywhere
from bot.models.cloud import CustomJob, QueueItem, QueueItemState
from bot.models.errors import Problem, ServiceError
from bot.models.launch import FailureKind, Stage

MAY_START = frozenset({Stage.ANNOUNCE, Stage.QUEUE, Stage.RUNNER, Stage.WAIT, Stage.FOLLOW})
# Tries to take an item out, a minute apart at last, after which a launch past all limits is let go.
TRIES = 60


async def end_in_time(context: StepContext) -> bool:
    """Return whether this turn was for ending what may start no more; else nothing was done.

    It comes before every other step, so after a restart before a runner is started. Raise ServiceError
    while W&B or Vertex AI cannot be asked: nothing is called over before.
    """
    launch, settings, now = context.launch, context.dependencies.settings, context.now()
    if launch.cancel_asked is not None or launch.stage not in MAY_START:
        return False
    if nothing_sent(launch):
        return now >= start_deadline(settings, launch) and await _not_started(context)
    if not expired(settings, launch, now) or (past_limit(context) and launch.attempts >= TRIES):
        return False
    return await _take_out(context)


async def _not_started(context: StepContext) -> bool:
    seconds = context.dependencies.settings.timing.start_within
    why = f"{context.launch.trouble.rstrip('.')}. " if context.launch.trouble else ""
    sentence = f"{why}Nothing was sent within {seconds:g} s, so nothing was queued. Type it again."
    await context.audit("launch", "not started", detail=context.launch.trouble)
    await context.fail(FailureKind.NOT_STARTED, sentence, read_log=False)
    return True


async def _take_out(context: StepContext) -> bool:
    """Take the item out of the queue if no agent has it; the launch ends once surely no job comes of it."""
    observation = await observe(context)
    if isinstance(observation.job, CustomJob):
        await apply_job(context, observation.job)
        return True
    if isinstance(observation.item, Problem):
        raise ServiceError(observation.item)
    if not _untaken(context, observation.item):
        return False
    out = await dequeue(context)
    if isinstance(observation.job, Problem):
        raise ServiceError(observation.job)  # a job may be there
    if not out:
        await context.reschedule(
            pause(context), **{**observation.noted(context), "trouble": "", "attempts": 0}
        )
        return True
    return await _ended(context)


def _untaken(context: StepContext, item: QueueItem | None) -> bool:
    """Whether no agent has taken the item: it is pending, or was when it was last seen in the queue."""
    if item is not None:
        return item.state is QueueItemState.PENDING
    if context.launch.stage is Stage.QUEUE and context.launch.withdrawn is None:
        return False  # never seen there: the queue step finds out whether it was sent
    return context.launch.item_state in (None, QueueItemState.PENDING)


async def _ended(context: StepContext) -> bool:
    job = await look_everywhere(context)
    if job is not None:
        await context.save(region=job.region)
        await apply_job(context, job)
        return True
    if await context.dependencies.tracker.find_run(context.launch.launch_id) is not None:
        return False  # some agent has had it: it is followed on
    await release(context)
    waited = queue_deadline(context.dependencies.settings, context.launch) - context.launch.created
    sentence = (
        f"No runner took the item within {_span(waited.total_seconds())}, "
        "so it was taken out of the queue; nothing was spent."
    )
    await context.audit("launch", "expired", detail="taken out of the queue")
    await context.fail(FailureKind.QUEUE_EXPIRED, sentence, read_log=False)
    return True


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"  # noqa: PLR2004 - two minutes
