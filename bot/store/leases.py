"""Who was first: a trigger, a press, a start of a runner belong to one launch, a thread to one writer."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models.launch import Launch
from bot.store.engine import Database
from bot.store.schema import claims

# A trigger's claim is never taken over: the same request may be replayed, never done twice.
FOREVER = timedelta(days=365_000)
# How the keys of writers begin, whose processes may have died without giving them back.
THREAD_KEYS = "thread "


def trigger_key(launch: Launch) -> str:
    """Return the key of the request that asked for a launch."""
    return f"trigger {_digest(launch.trigger_id)}"


def press_key(launch: Launch) -> str:
    """Return the key of the same words by the same person in the same channel."""
    return f"press {_digest(launch.team_id, launch.user_id, launch.channel_id, launch.text)}"


def start_key(job: str, region: str, queue: str) -> str:
    """Return the key of starting a runner of this job for this queue."""
    return f"start {_digest(job, region, queue)}"


async def claim(
    database: Database, connection: AsyncConnection, *, key: str, holder: str, now: datetime, ttl: timedelta
) -> str:
    """Claims a key unless another holds it since less than `ttl`; returns who holds it now.

    One statement decides, so two processes never both get it.
    """
    insert = database.insert(claims).values(key=key, holder=holder, at=now)
    free = [claims.c.holder == holder]
    if ttl < FOREVER:
        # A claim from the future was made before the clock was set back: it would never grow old.
        free += [claims.c.at < now - ttl, claims.c.at > now + ttl]
    taken = insert.on_conflict_do_update(
        index_elements=[claims.c.key], set_={"holder": holder, "at": now}, where=or_(*free)
    )
    answer = await connection.execute(taken.returning(claims.c.holder))
    if answer.scalar_one_or_none() is not None:
        return holder
    found = await connection.execute(select(claims.c.holder).where(claims.c.key == key))
    return str(found.scalar_one())


async def hand_over(connection: AsyncConnection, *, key: str, holder: str) -> None:
    """Give a key to another launch."""
    await connection.execute(update(claims).where(claims.c.key == key).values(holder=holder))


async def release(connection: AsyncConnection, *, key: str, holder: str) -> None:
    """Give a key back, if this launch or writer holds it."""
    await connection.execute(delete(claims).where(claims.c.key == key, claims.c.holder == holder))


def thread_key(channel: str, words: str) -> str:
    """Return the key of writing a monitor thread for the same words in the same channel."""
    return f"{THREAD_KEYS}{_digest(channel, words)}"


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
