"""What W&B's server does with the items of a Launch queue: push, lease, claim, fail, take out.

A leased item that nobody claims goes back to PENDING after about a minute; that is worked out
whenever a queue is looked at.
"""

from __future__ import annotations

import copy

from bot.sandbox.world.names import new_item_id
from bot.sandbox.world.state import SimQueue, SimQueueItem
from bot.sandbox.world.world import World

LEASE_SECONDS = 60.0


def push(world: World, queue: SimQueue, spec: dict[str, object]) -> SimQueueItem:
    """Return appends an item; the queue's template fills in what the spec leaves out."""
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
    """Return the items of a queue that were not taken out, oldest first."""
    items = tuple(item for item in world.items.values() if item.queue == queue and not item.removed)
    for item in items:
        _end_stale_lease(world, item)
    return items


def lease(world: World, queue: str, agent: str) -> SimQueueItem | None:
    """Give the oldest pending item to an agent, if there is one."""
    for item in items_of(world, queue):
        if item.state == "PENDING":
            item.state, item.leased_by, item.leased_at = "LEASED", agent, world.now()
            return item
    return None


def claim(world: World, item_id: str, run_id: str) -> bool:
    """Return the agent's ack; False when the item is not leased any more (claimed by another, or taken out)."""
    item = world.items.get(item_id)
    if item is None or item.removed:
        return False
    _end_stale_lease(world, item)
    if item.state != "LEASED":
        return False
    item.state, item.associated_run_id = "CLAIMED", run_id
    return True


def fail(world: World, item_id: str, message: str) -> bool:
    """Mark an item as failed, with the agent's words; False when there is no such item."""
    item = world.items.get(item_id)
    if item is None or item.removed:
        return False
    item.state, item.error = "FAILED", message
    return True


def take_out(world: World, item_id: str) -> bool:
    """Delete an item from its queue; False when it is not there. A claimed item's job goes on."""
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
