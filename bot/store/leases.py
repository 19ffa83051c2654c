"""Leases and dedup keys: a request, repeated command or runner start has one launch, a thread one writer."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models.launch import Launch
from bot.store.engine import Database
from bot.store.schema import leases

# The lease of a trigger never expires: a replayed request is never executed twice.
FOREVER = timedelta(days=365_000)
# Prefix of thread writers' keys; a writer that dies does not release its key.
THREAD_KEYS = "thread "


def trigger_key(launch: Launch) -> str:
    """Return the dedup key of the request (trigger id) of a launch."""
    return f"trigger {_digest(launch.trigger_id)}"


def press_key(launch: Launch) -> str:
    """Return the dedup key of the same text by the same user in the same channel."""
    return f"press {_digest(launch.team_id, launch.user_id, launch.channel_id, launch.text)}"


def start_key(job: str, region: str, queue: str) -> str:
    """Return the key for starting a runner of this job for this queue."""
    return f"start {_digest(job, region, queue)}"


async def acquire_lease(
    database: Database, connection: AsyncConnection, *, key: str, holder: str, now: datetime, ttl: timedelta
) -> str:
    """Acquire a lease unless another holder has had it for less than `ttl`; return the holder.

    One atomic statement decides, so two processes never both acquire it.
    """
    insert = database.insert(leases).values(key=key, holder=holder, at=now)
    free = [leases.c.holder == holder]
    if ttl < FOREVER:
        # A timestamp in the future predates a clock change; such a lease would never expire.
        free += [leases.c.at < now - ttl, leases.c.at > now + ttl]
    taken = insert.on_conflict_do_update(
        index_elements=[leases.c.key], set_={"holder": holder, "at": now}, where=or_(*free)
    )
    answer = await connection.execute(taken.returning(leases.c.holder))
    if answer.scalar_one_or_none() is not None:
        return holder
    found = await connection.execute(select(leases.c.holder).where(leases.c.key == key))
    return str(found.scalar_one())


async def transfer_lease(connection: AsyncConnection, *, key: str, holder: str) -> None:
    """Transfer a lease to another launch."""
    await connection.execute(update(leases).where(leases.c.key == key).values(holder=holder))


async def release_lease(connection: AsyncConnection, *, key: str, holder: str) -> None:
    """Release a lease if this launch or writer holds it."""
    await connection.execute(delete(leases).where(leases.c.key == key, leases.c.holder == holder))


def thread_key(channel: str, words: str) -> str:
    """Return the key for writing a monitor thread with the same filters in the same channel."""
    return f"{THREAD_KEYS}{_digest(channel, words)}"


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
