"""W&B's operations on the items of a Launch queue: push, lease, claim, fail, remove.

A leased item that is not claimed returns to PENDING after about a minute; this is evaluated
whenever a queue is read.
"""

from __future__ import annotations

import copy

from bot.sandbox.world.names import new_item_id
from bot.sandbox.world.state import SimQueue, SimQueueItem
from bot.sandbox.world.world import World

LEASE_SECONDS = 60.0


def push(world: World, queue: SimQueue, spec: dict[str, object]) -> SimQueueItem:
    """Append an item; the queue's template supplies what the spec leaves out."""
    filled = copy.deepcopy(spec)
    if not filled.get("resource_args") and queue.resource_args:
        filled["resource_args"] = copy.deepcopy(queue.resource_args)
    if not filled.get("resource"):
        filled["resource"] = queue.resource
    item = SimQueueItem(
        item_id=new_item_id(), queue=queue.name, spec=filled, state="PENDING", created=world.now()
    )
    world.items[item.item_id] = item
    return item


def items_of(world: World, queue: str) -> tuple[SimQueueItem, ...]:
    """Return the items of a queue that were not removed, oldest first."""
    items = tuple(item for item in world.items.values() if item.queue == queue and not item.removed)
    for item in items:
        _end_stale_lease(world, item)
    return items


def lease(world: World, queue: str, agent: str) -> SimQueueItem | None:
    """Lease the oldest pending item to an agent; None if there is none."""
    for item in items_of(world, queue):
        if item.state == "PENDING":
            item.state, item.leased_by, item.leased_at = "LEASED", agent, world.now()
            return item
    return None


def claim(world: World, item_id: str, run_id: str) -> bool:
    """Claim an item for a run.

    False if it is no longer leased (claimed by another agent, or removed).
    """
    item = world.items.get(item_id)
    if item is None or item.removed:
        return False
    _end_stale_lease(world, item)
    if item.state != "LEASED":
        return False
    item.state, item.associated_run_id = "CLAIMED", run_id
    return True


def fail(world: World, item_id: str, message: str) -> bool:
    """Mark an item as failed with the agent's message; False if it does not exist."""
    item = world.items.get(item_id)
    if item is None or item.removed:
        return False
    item.state, item.error = "FAILED", message
    return True


def remove(world: World, item_id: str) -> bool:
    """Remove an item from its queue; False if it does not exist. A claimed item's job continues."""
    item = world.items.get(item_id)
    if item is None or item.removed:
        return False
    item.removed = True
    return True


def _end_stale_lease(world: World, item: SimQueueItem) -> None:
    if item.state != "LEASED" or item.leased_at is None:
        return
    if (world.now() - item.leased_at).total_seconds() >= world.seconds(LEASE_SECONDS):
        item.state, item.leased_by, item.leased_at = "PENDING", "", None
