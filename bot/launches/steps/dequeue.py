"""Taking the item out of the queue, so that no money is spent after a launch was called failed."""

from __future__ import annotations

from datetime import timedelta

from bot.launches.context import Turn
from bot.models.cloud import QueueItem, QueueItemState
from bot.models.launch import Launch


async def find_item(turn: Turn) -> QueueItem | None:
    """This launch's queue item, None when the queue lists it no more; one listing serves all launches."""
    return ours(turn.launch, await turn.tools.poller.items(turn.launch.queue))


async def find_item_now(turn: Turn) -> QueueItem | None:
    """The same, asked anew: an agent may have taken the item since the last tick."""
    deadline = turn.tools.settings.timing.call
    return ours(turn.launch, await turn.tools.tracker.list_items(turn.launch.queue, deadline=deadline))


def ours(launch: Launch, items: tuple[QueueItem, ...]) -> QueueItem | None:
    """This launch's item among others: by the run id in its spec, or by the id that it was queued under."""
    return next(
        (item for item in items if item.run_id == launch.launch_id or item.item_id == launch.item_id != ""),
        None,
    )


async def withdraw(turn: Turn) -> bool:
    """Whether surely no job will come of this launch's item; call it when no job was found just now.

    A pending item is taken out. An agent may have claimed it in that very moment, so it is sure only when
    the settings' `timing.absent` seconds later there is still neither job nor item: call it again then.
    """
    if turn.launch.item_intended is None:
        return True
    item = await find_item_now(turn)
    if item is not None and item.state is QueueItemState.PENDING:
        if await turn.tools.tracker.remove_item(item.item_id, turn.launch.queue):
            await turn.save(withdrawn=turn.now())
        return False
    if item is not None and item.state is not QueueItemState.FAILED:
        # With an agent: a job may come.
        if turn.launch.withdrawn is not None:
            await turn.save(withdrawn=None)
        return False
    if turn.launch.withdrawn is None:
        await turn.save(withdrawn=turn.now())
        return False
    return turn.now() >= turn.launch.withdrawn + timedelta(seconds=pause(turn))


def pause(turn: Turn) -> float:
    """Seconds until `withdraw` is to be called again."""
    timing = turn.tools.settings.timing
    # Never within one tick, which has one listing of jobs only.
    return timing.poll if turn.launch.withdrawn is None else max(timing.absent, timing.poll)
