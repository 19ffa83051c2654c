"""How a launch without a job ends: its item failed, or its runner ended with the item in hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.launches.context import Turn
from bot.launches.steps.observe import Sighting, sighted
from bot.models.cloud import QueueItem, QueueItemState
from bot.models.launch import FailureKind

# States of an item with which its runner's end means that no job comes: UNKNOWN may be a new word for either.
IN_HAND = (QueueItemState.CLAIMED, QueueItemState.UNKNOWN)


async def ended_without_job(turn: Turn, sighting: Sighting, **seen: Any) -> bool:
    """Whether this sighting ends the launch, or starts the wait for one more look; else nothing was done."""
    item = sighting.known_item
    if item is not None and item.state is QueueItemState.FAILED:
        await _item_failed(turn, item, **seen)
    elif in_dead_hands(turn, sighting):
        await _lost(turn, sighting, **seen)
    else:
        return False
    return True


def in_dead_hands(turn: Turn, sighting: Sighting) -> bool:
    """Whether whoever took the item can make no job of it any more.

    The runner ended with the item in hand (a leased one goes back to pending by itself), or the item was
    taken long ago: by the agent of another runner, which may have ended unseen.
    """
    if sighting.runner_over:
        return sighting.item is None or (
            sighting.known_item is not None and sighting.known_item.state in IN_HAND
        )
    return _taken_long_ago(turn, sighting)


def _taken_long_ago(turn: Turn, sighting: Sighting) -> bool:
    item, since = sighting.known_item, turn.launch.item_since
    if item is None or item.state is not QueueItemState.CLAIMED or turn.launch.item_state is not item.state:
        return False
    return since is not None and turn.now() >= since + timedelta(seconds=turn.tools.settings.timing.taken)


async def _item_failed(turn: Turn, item: QueueItem, **seen: Any) -> None:
    """Another agent may have had the item, and the failure be spurious: only a second look is believed."""
    if _first_look(turn, **seen):
        await _once_more(turn, turn.tools.settings.timing.absent, **seen)
        return
    if await _came_late(turn):
        return
    said = f": {item.error}" if item.error else ""
    sentence = f"The agent could not submit the job{said.rstrip('.')}."
    await turn.fail(FailureKind.ITEM_FAILED, sentence, read_log=turn.launch.runner is not None, **seen)


async def _lost(turn: Turn, sighting: Sighting, **seen: Any) -> None:
    """Nobody will submit the job: one more look once a late one would show, then lost."""
    if _first_look(turn, **seen):
        await _once_more(turn, turn.tools.settings.timing.log_grace, **seen)
        return
    if await _came_late(turn):
        return
    taker = "its runner ended after it took the item" if sighting.runner_over else "an agent took the item"
    sentence = f"The launch was lost: {taker}, and no job came of it."
    await turn.fail(FailureKind.LOST_AFTER_CLAIM, sentence, read_log=True, **seen)


async def _came_late(turn: Turn) -> bool:
    """Another agent may have had the item, and the failure be spurious: a second look is believed."""
    job = await turn.tools.poller.look_now(turn.launch)
    if job is not None:
        await sighted(turn, job)
    return job is not None


def _first_look(turn: Turn, **seen: Any) -> bool:
    return int(seen.get("misses", turn.launch.misses)) == 0


async def _once_more(turn: Turn, seconds: float, **seen: Any) -> None:
    await turn.wait(min(seconds, left(turn)), **{**seen, "misses": 1, "trouble": "", "attempts": 0})


def left(turn: Turn) -> float:
    """Seconds to the deadline, less a moment so that a last look comes before it; infinite without one."""
    deadline = turn.launch.deadline
    if deadline is None or turn.now() >= deadline:
        return float("inf")
    return max(0.0, (deadline - turn.now()).total_seconds() - turn.tools.settings.timing.poll / 5)
