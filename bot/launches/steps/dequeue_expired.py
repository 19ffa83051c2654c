"""Removal of expired items from a queue before a new runner starts, which would take them."""

from __future__ import annotations

from bot.launches.context import StepContext
from bot.launches.deadlines import expired
from bot.launches.steps.dequeue import match_item
from bot.models.cloud import QueueItemState


async def dequeue_expired(context: StepContext) -> None:
    """Take other launches' expired and cancelled items out of this queue; they end in turns of their own.

    The `expire` step of each of those launches ends it later. Raise ServiceError on failure; the caller
    must then not start a runner.
    """
    dependencies, launch = context.dependencies, context.launch
    others = await dependencies.launches.unfinished()
    expired_launches = [
        other
        for other in others
        if other.queue == launch.queue
        and other.launch_id != launch.launch_id
        and other.item_intended is not None
        and (
            expired(dependencies.settings, other, context.now())
            or (other.cancel_asked is not None and other.job is None and other.ended is None)
        )
    ]
    if not expired_launches:
        return
    items = await dependencies.tracker.list_items(launch.queue, deadline=dependencies.settings.timing.call)
    for item in (match_item(other, items) for other in expired_launches):
        if item is not None and item.state is QueueItemState.PENDING:
            await dependencies.tracker.remove_item(item.item_id, launch.queue)
