"""Removal of the queue item, so that a failed or cancelled launch incurs no cost later."""

from __future__ import annotations

from datetime import timedelta

from bot.launches.context import StepContext
from bot.models.cloud import QueueItem, QueueItemState
from bot.models.launch import Launch


async def find_item(context: StepContext) -> QueueItem | None:
    """Return the launch's queue item from the shared listing; None when it is not listed."""
    return match_item(context.launch, await context.dependencies.poller.items(context.launch.queue))


async def find_item_uncached(context: StepContext) -> QueueItem | None:
    """Return the launch's queue item from a new listing: an agent may have taken it since the last tick."""
    deadline = context.dependencies.settings.timing.call
    return match_item(
        context.launch, await context.dependencies.tracker.list_items(context.launch.queue, deadline=deadline)
    )


def match_item(launch: Launch, items: tuple[QueueItem, ...]) -> QueueItem | None:
    """Return the launch's item, matched by the run id in its spec or by its item id; None when absent."""
    return next(
        (item for item in items if item.run_id == launch.launch_id or item.item_id == launch.item_id != ""),
        None,
    )


async def dequeue(context: StepContext) -> bool:
    """Remove a pending item; return True once it is certain that no job will be created from it.

    Call it only when no job was found just before. An agent may claim the item during the removal, so the
    result is certain only when there is still neither job nor item after `dequeue_delay` seconds: call it
    again then.
    """
    if context.launch.item_intended is None:
        return True
    item = await find_item_uncached(context)
    if item is not None and item.state is QueueItemState.PENDING:
        if await context.dependencies.tracker.remove_item(item.item_id, context.launch.queue):
            await context.save(withdrawn=context.now())
        return False
    if item is not None and item.state is not QueueItemState.FAILED:
        # An agent has the item and may still create a job.
        if context.launch.withdrawn is not None:
            await context.save(withdrawn=None)
        return False
    if context.launch.withdrawn is None:
        await context.save(withdrawn=context.now())
        return False
    return context.now() >= context.launch.withdrawn + timedelta(seconds=dequeue_delay(context))


def dequeue_delay(context: StepContext) -> float:
    """Return the seconds until `dequeue` is due again."""
    timing = context.dependencies.settings.timing
    # At least one tick: within a tick the job listing is cached.
    return timing.poll if context.launch.withdrawn is None else max(timing.not_found_grace, timing.poll)
