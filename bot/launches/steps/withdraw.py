"""Taking the item out of the queue, so that no money is spent after a launch was called failed."""

from __future__ import annotations

from bot.launches.turn import Turn
from bot.models.cloud import QueueItem, QueueItemState


async def find_item(turn: Turn) -> QueueItem | None:
    """This launch's queue item, None when the queue lists it no more; one listing serves all launches."""
    items = await turn.tools.poller.items(turn.launch.queue)
    return next((item for item in items if _ours(turn, item)), None)


def _ours(turn: Turn, item: QueueItem) -> bool:
    return item.run_id == turn.launch.launch_id or item.item_id == turn.launch.item_id != ""


async def withdraw(turn: Turn) -> bool:
    """Whether surely no job will come from this launch's item any more; takes it out when it is pending."""
    deadline = turn.tools.settings.timing.call
    # Asked anew: an agent may have taken the item since the last tick.
    items = await turn.tools.tracker.list_items(turn.launch.queue, deadline=deadline)
    item = next((item for item in items if _ours(turn, item)), None)
    if item is None:
        # Never queued, or already with an agent: only the first is sure.
        return turn.launch.item_intended is None
    if item.state is QueueItemState.FAILED:
        return True
    if item.state is not QueueItemState.PENDING:
        return False
    return await turn.tools.tracker.remove_item(item.item_id, turn.launch.queue)
