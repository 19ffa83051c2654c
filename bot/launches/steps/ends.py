"""How a launch without a job ends: its item failed, or its runner ended with the item in hand."""

from __future__ import annotations

from typing import Any

from bot.launches.steps.sighted import sighted
from bot.launches.steps.sighting import Sighting
from bot.launches.turn import Turn
from bot.models.cloud import QueueItem, QueueItemState
from bot.models.launch import FailureKind

# States of an item with which its runner's end means that no job comes: UNKNOWN may be a new word for either.
IN_HAND = (QueueItemState.CLAIMED, QueueItemState.UNKNOWN)


async def ended_without_job(turn: Turn, sighting: Sighting, **seen: Any) -> bool:
    """Whether this sighting ends the launch, or starts the wait for one more look; else nothing was done."""
    item = sighting.known_item
    if item is not None and item.state is QueueItemState.FAILED:
        await _item_failed(turn, item, **seen)
    elif sighting.runner_over and lost_in_hand(sighting):
        await _lost(turn, **seen)
    else:
        return False
    return True


def lost_in_hand(sighting: Sighting) -> bool:
    """Whether the item is with an agent for good, or gone. A leased one goes back to pending by itself."""
    return sighting.item is None or (isinstance(sighting.item, QueueItem) and sighting.item.state in IN_HAND)


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


async def _lost(turn: Turn, **seen: Any) -> None:
    """The runner ended with the item in hand: one more look once a late job would show, then lost."""
    if _first_look(turn, **seen):
        await _once_more(turn, turn.tools.settings.timing.log_grace, **seen)
        return
    if await _came_late(turn):
        return
    sentence = "The launch was lost: its runner ended after it took the item, and no job came of it."
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
