"""Forgetting: old launches, and what was remembered of their time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models.launch import Stage
from bot.store.leases import THREAD_KEYS
from bot.store.schema import audit, claims, diagnoses, launches, refused_blocks, threads


async def forget_launch(connection: AsyncConnection, launch_id: str) -> None:
    """Remove one launch with its claims and its audit."""
    await connection.execute(delete(audit).where(audit.c.target == launch_id))
    await connection.execute(delete(claims).where(claims.c.holder == launch_id))
    await connection.execute(delete(launches).where(launches.c.launch_id == launch_id))


async def prune(connection: AsyncConnection, *, before: datetime) -> int:
    """Remove the launches that ended before then, and whatever is older; returns how many launches."""
    ended = func.coalesce(launches.c.ended, launches.c.created)
    old = (launches.c.stage == Stage.DONE) & (ended < before)
    ids = select(launches.c.launch_id).where(old).scalar_subquery()
    await connection.execute(delete(audit).where(audit.c.target.in_(ids)))
    await connection.execute(delete(claims).where(claims.c.holder.in_(ids)))
    gone = await connection.execute(delete(launches).where(old))
    kept = select(launches.c.launch_id).scalar_subquery()
    await connection.execute(delete(audit).where(audit.c.at < before, audit.c.target.not_in(kept)))
    left_behind = claims.c.key.startswith(THREAD_KEYS, autoescape=True) & (claims.c.at < before)
    await connection.execute(delete(claims).where(left_behind))
    for column in (diagnoses.c.settled, threads.c.started, refused_blocks.c.until):
        await connection.execute(delete(column.table).where(column < before))
    return gone.rowcount
