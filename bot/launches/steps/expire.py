"""Expiry: end a launch that sent nothing before its start deadline, or whose item waited too long."""

from __future__ import annotations

from bot.launches.context import StepContext
from bot.launches.deadlines import TRIES, expired, nothing_sent, queue_deadline, start_deadline
from bot.launches.steps.all_regions import followed_elsewhere
from bot.launches.steps.dequeue import dequeue, dequeue_delay
from bot.launches.steps.follow_job import past_follow_limit
from bot.launches.steps.observe import apply_job, observe
from bot.launches.steps.start_runner import release_claim
from bot.models.cloud import CustomJob, QueueItem, QueueItemState
from bot.models.errors import Problem, ServiceError
from bot.models.launch import FailureKind, Launch, Stage

MAY_START = frozenset({Stage.ANNOUNCE, Stage.QUEUE, Stage.RUNNER, Stage.WAIT, Stage.FOLLOW})


async def expire(context: StepContext) -> bool:
    """Handle an expired launch; return False, without any effect, if the launch has not expired.

    It runs before every other step, so that after a restart no runner is started for an expired launch.
    Raise ServiceError while W&B or Vertex AI cannot be read: the launch is not ended before that.
    """
    launch, settings, now = context.launch, context.dependencies.settings, context.now()
    if launch.cancel_asked is not None or launch.stage not in MAY_START:
        return False
    if nothing_sent(launch):
        return now >= start_deadline(settings, launch) and await _not_started(context)
    if not expired(settings, launch, now) or (past_follow_limit(context) and launch.attempts >= TRIES):
        return False
    return await _dequeue(context)


async def _not_started(context: StepContext) -> bool:
    seconds = context.dependencies.settings.timing.start_within
    why = f"{context.launch.trouble.rstrip('.')}. " if context.launch.trouble else ""
    sentence = f"{why}Nothing reached the queue within {seconds:g} s. Type it again."
    await context.audit("launch", "not started", detail=context.launch.trouble)
    await context.fail(FailureKind.NOT_STARTED, sentence, read_log=False)
    return True


async def _dequeue(context: StepContext) -> bool:
    """Remove the item if no agent has taken it; end the launch once no job can be created from it."""
    observation = await observe(context)
    if isinstance(observation.job, CustomJob):
        await apply_job(context, observation.job)
        return True
    if isinstance(observation.item, Problem):
        raise ServiceError(observation.item)
    if not _is_unclaimed(context, observation.item):
        return False
    dequeued = await dequeue(context)
    if isinstance(observation.job, Problem):
        raise ServiceError(observation.job)  # the job may exist
    if not dequeued:
        await context.reschedule(
            dequeue_delay(context), **{**observation.changes(context), "trouble": "", "attempts": 0}
        )
        return True
    return await _fail_as_expired(context)


def _is_unclaimed(context: StepContext, item: QueueItem | None) -> bool:
    """Return True if no agent has taken the item: it is pending, or was when last seen in the queue."""
    if item is not None:
        return item.state is QueueItemState.PENDING
    if context.launch.stage is Stage.QUEUE and context.launch.withdrawn is None:
        return False  # never seen there: the enqueue step checks whether it was sent
    return context.launch.item_state in (None, QueueItemState.PENDING)


async def _fail_as_expired(context: StepContext) -> bool:
    if await followed_elsewhere(context):
        return True
    if await context.dependencies.tracker.find_run(context.launch.launch_id) is not None:
        return False  # an agent has taken it: the launch is followed further
    await release_claim(context)
    waited = queue_deadline(context.dependencies.settings, context.launch) - context.launch.created
    sentence = (
        f"No runner took the item within {_span(waited.total_seconds())}, "
        f"so it was taken out of the queue; {_spent(context.launch)}."
    )
    await context.audit("launch", "expired", detail="taken out of the queue")
    await context.fail(FailureKind.QUEUE_EXPIRED, sentence, read_log=False)
    return True


def _spent(launch: Launch) -> str:
    """Return what is known of the money: a runner that was started for this launch has run, and cost some."""
    ours = any(use.intended is not None and not use.reused for use in launch.runners)
    return "no job was made" if ours else "nothing was spent"


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"  # noqa: PLR2004 - two minutes
