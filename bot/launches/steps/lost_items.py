"""How a launch without a job ends: its item failed, or its runner ended with the item in hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.launches.context import StepContext
from bot.launches.steps.observe import Observation, apply_job
from bot.models.cloud import QueueItem, QueueItemState
from bot.models.launch import FailureKind

# States of an item with which its runner's end means that no job comes: UNKNOWN may be a new word for either.
IN_HAND = (QueueItemState.CLAIMED, QueueItemState.UNKNOWN)


async def ended_without_job(context: StepContext, observation: Observation, **seen: Any) -> bool:
    """Whether this sighting ends the launch, or starts the wait for one more look; else nothing was done."""
    item = observation.known_item
    if item is not None and item.state is QueueItemState.FAILED:
        await _item_failed(context, item, **seen)
    elif item_is_orphaned(context, observation):
        await _lost(context, observation, **seen)
    else:
        return False
    return True


def item_is_orphaned(context: StepContext, observation: Observation) -> bool:
    """Whether whoever took the item can make no job of it any more.

    The runner ended with the item in hand (a leased one goes back to pending by itself), or the item was
    taken long ago: by the agent of another runner, which may have ended unseen.
    """
    if observation.runner_over:
        return observation.item is None or (
            observation.known_item is not None and observation.known_item.state in IN_HAND
        )
    return _taken_long_ago(context, observation)


def _taken_long_ago(context: StepContext, observation: Observation) -> bool:
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


async def _item_failed(context: StepContext, item: QueueItem, **seen: Any) -> None:
    """Another agent may have had the item, and the failure be spurious: only a second look is believed."""
    if _first_look(context, **seen):
        await _once_more(context, context.dependencies.settings.timing.not_found_grace, **seen)
        return
    if await _came_late(context):
        return
    said = f": {item.error}" if item.error else ""
    sentence = f"The agent could not submit the job{said.rstrip('.')}."
    await context.fail(FailureKind.ITEM_FAILED, sentence, read_log=context.launch.runner is not None, **seen)


async def _lost(context: StepContext, observation: Observation, **seen: Any) -> None:
    """Nobody will submit the job: one more look once a late one would show, then lost."""
    if _first_look(context, **seen):
        await _once_more(context, context.dependencies.settings.timing.log_grace, **seen)
        return
    if await _came_late(context):
        return
    taker = "its runner ended after it took the item" if observation.runner_over else "an agent took the item"
    sentence = f"The launch was lost: {taker}, and no job came of it."
    await context.fail(FailureKind.LOST_AFTER_CLAIM, sentence, read_log=True, **seen)


async def _came_late(context: StepContext) -> bool:
    """Another agent may have had the item, and the failure be spurious: a second look is believed."""
    job = await context.dependencies.poller.look_now(context.launch)
    if job is not None:
        await apply_job(context, job)
    return job is not None


def _first_look(context: StepContext, **seen: Any) -> bool:
    return int(seen.get("misses", context.launch.misses)) == 0


async def _once_more(context: StepContext, seconds: float, **seen: Any) -> None:
    await context.reschedule(
        min(seconds, left(context)), **{**seen, "misses": 1, "trouble": "", "attempts": 0}
    )


def left(context: StepContext) -> float:
    """Seconds to the deadline, less a moment so that a last look comes before it; infinite without one."""
    deadline = context.launch.deadline
    if deadline is None or context.now() >= deadline:
        return float("inf")
    return max(
        0.0, (deadline - context.now()).total_seconds() - context.dependencies.settings.timing.poll / 5
    )
