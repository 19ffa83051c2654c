"""Before a runner starts, which would take it: what waited too long in the queue is taken out."""

from __future__ import annotations

from bot.launches.context import StepContext
from bot.launches.deadlines import expired
from bot.launches.steps.dequeue import ours
from bot.models.cloud import QueueItemState


async def clear_expired(context: StepContext) -> None:
    """Take the expired items of other launches out of this launch's queue; they end in turns of their own.

    Raise ServiceError when that cannot be done: then no runner may be started.
    """
    dependencies, launch = context.dependencies, context.launch
    others = await dependencies.launches.unfinished()
    late = [
        other
        for other in others
        if other.queue == launch.queue
        and other.launch_id != launch.launch_id
        and other.item_intended is not None
        and expired(dependencies.settings, other, context.now())
    ]
    if not late:
        return
    items = await dependencies.tracker.list_items(launch.queue, deadline=dependencies.settings.timing.call)
    for item in (ours(other, items) for other in late):
        if item is not None and item.state is QueueItemState.PENDING:
            await dependencies.tracker.remove_item(item.item_id, launch.queue)
