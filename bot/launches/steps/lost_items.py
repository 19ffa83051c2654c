"""Detection of lost queue items: the item failed, or its runner ended after it took the item."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.launches.context import StepContext
from bot.launches.steps.all_regions import followed_elsewhere
from bot.launches.steps.observe import Observation, apply_job
from bot.models.cloud import QueueItem, QueueItemState
from bot.models.launch import FailureKind

# States of a taken item. UNKNOWN counts, because a new state of W&B's may mean the same.
TAKEN_STATES = (QueueItemState.CLAIMED, QueueItemState.UNKNOWN)


async def handle_lost_item(context: StepContext, observation: Observation, **changes: Any) -> bool:
    """Handle a failed or orphaned item; return False, without any effect, if the item is neither.

    The first observation schedules a second check, and the second one ends the launch.
    """
    item = observation.known_item
    if item is not None and item.state is QueueItemState.FAILED:
        await _item_failed(context, item, **changes)
    elif item_is_orphaned(context, observation):
        await _fail_as_lost(context, observation, **changes)
    else:
        return False
    return True


def item_is_orphaned(context: StepContext, observation: Observation) -> bool:
    """Return True if the item's owner can no longer create a job.

    Either the runner ended after it took the item (W&B returns a leased item to pending), or the item was
    claimed longer than `timing.claimed_timeout` ago by the agent of a runner that may have ended unnoticed.
    """
    if observation.runner_ended:
        return observation.item is None or (
            observation.known_item is not None and observation.known_item.state in TAKEN_STATES
        )
    return _claim_timed_out(context, observation)


def _claim_timed_out(context: StepContext, observation: Observation) -> bool:
    item, since = observation.known_item, context.launch.item_since
    if (
        item is None
        or item.state is not QueueItemState.CLAIMED
        or context.launch.item_state is not item.state
    ):
        return False
    return since is not None and context.now() >= since + timedelta(
        seconds=context.dependencies.settings.timing.claimed_timeout
    )


async def _item_failed(context: StepContext, item: QueueItem, **changes: Any) -> None:
    """Fail the launch at the second check: the first failure may be spurious if two agents took the item."""
    if _is_first_check(context, **changes):
        await _check_again(context, context.dependencies.settings.timing.not_found_grace, **changes)
        return
    if await _apply_late_job(context):
        return
    reason = f": {item.error}" if item.error else ""
    sentence = f"The agent could not submit the job{reason.rstrip('.')}."
    await context.fail(
        FailureKind.ITEM_FAILED, sentence, read_log=context.launch.runner is not None, **changes
    )


async def _fail_as_lost(context: StepContext, observation: Observation, **changes: Any) -> None:
    """Fail the launch as lost at the second check, when a late job would be listed."""
    if _is_first_check(context, **changes):
        await _check_again(context, context.dependencies.settings.timing.log_grace, **changes)
        return
    if await _apply_late_job(context):
        return
    taker = (
        "its runner ended after it took the item" if observation.runner_ended else "an agent took the item"
    )
    sentence = f"The launch was lost: {taker}, and no job came of it."
    await context.fail(FailureKind.LOST_AFTER_CLAIM, sentence, read_log=True, **changes)


async def _apply_late_job(context: StepContext) -> bool:
    """Apply a job that appeared after all, in any region; return False if there is none.

    Another agent may have had the item, and its failure may be spurious.
    """
    job = await context.dependencies.poller.find_job_uncached(context.launch)
    if job is None:
        return await followed_elsewhere(context)
    await apply_job(context, job)
    return True


def _is_first_check(context: StepContext, **changes: Any) -> bool:
    return int(changes.get("misses", context.launch.misses)) == 0


async def _check_again(context: StepContext, seconds: float, **changes: Any) -> None:
    await context.reschedule(
        min(seconds, seconds_left(context)), **{**changes, "misses": 1, "trouble": "", "attempts": 0}
    )


def seconds_left(context: StepContext) -> float:
    """Return the seconds until shortly before the deadline; infinite without one or after it."""
    deadline = context.launch.deadline
    if deadline is None or context.now() >= deadline:
        return float("inf")
    return max(
        0.0, (deadline - context.now()).total_seconds() - context.dependencies.settings.timing.poll / 5
    )
