"""Taking the item out of the queue, so that no money is spent after a launch was called failed."""

from __future__ import annotations

from datetime import timedelta

from bot.launches.context import StepContext
from bot.models.cloud import QueueItem, QueueItemState
from bot.models.launch import Launch


async def find_item(context: StepContext) -> QueueItem | None:
    """Return this launch's queue item, None when the queue lists it no more; one listing serves all launches."""
    return ours(context.launch, await context.dependencies.poller.items(context.launch.queue))


async def find_item_now(context: StepContext) -> QueueItem | None:
    """Return the same, asked anew: an agent may have taken the item since the last tick."""
    deadline = context.dependencies.settings.timing.call
    return ours(
        context.launch, await context.dependencies.tracker.list_items(context.launch.queue, deadline=deadline)
    )


def ours(launch: Launch, items: tuple[QueueItem, ...]) -> QueueItem | None:
    """Return this launch's item among others: by the run id in its spec, or by the id that it was queued under."""
    return next(
        (item for item in items if item.run_id == launch.launch_id or item.item_id == launch.item_id != ""),
        None,
    )


async def dequeue(context: StepContext) -> bool:
    """Whether surely no job will come of this launch's item; call it when no job was found just now.

    A pending item is taken out. An agent may have claimed it in that very moment, so it is sure only when
    the settings' `timing.not_found_grace` seconds later there is still neither job nor item: call it again then.
    """
    if context.launch.item_intended is None:
        return True
    item = await find_item_now(context)
    if item is not None and item.state is QueueItemState.PENDING:
        if await context.dependencies.tracker.remove_item(item.item_id, context.launch.queue):
            await context.save(withdrawn=context.now())
        return False
    if item is not None and item.state is not QueueItemState.FAILED:
        # With an agent: a job may come.
        if context.launch.withdrawn is not None:
            await context.save(withdrawn=None)
        return False
    if context.launch.withdrawn is None:
        await context.save(withdrawn=context.now())
        return False
    return context.now() >= context.launch.withdrawn + timedelta(seconds=pause(context))


def pause(context: StepContext) -> float:
    """Seconds until `withdraw` is to be called again."""
    timing = context.dependencies.settings.timing
    # Never within one tick, which has one listing of jobs only.
    return timing.poll if context.launch.withdrawn is None else max(timing.not_found_grace, timing.poll)
