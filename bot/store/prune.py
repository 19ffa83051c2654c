"""Retention: deletes old launches and other records of their time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models.launch import Stage
from bot.store.leases import THREAD_KEYS
from bot.store.schema import audit, diagnoses, launches, leases, refused_blocks, threads


async def delete_launch(connection: AsyncConnection, launch_id: str) -> None:
    """Delete one launch with its leases and audit entries."""
    await connection.execute(delete(audit).where(audit.c.target == launch_id))
    await connection.execute(delete(leases).where(leases.c.holder == launch_id))
    await connection.execute(delete(launches).where(launches.c.launch_id == launch_id))


async def prune(connection: AsyncConnection, *, before: datetime) -> int:
    """Delete the launches that ended before that time and all older records.

    Return the number of launches.
    """
    ended = func.coalesce(launches.c.ended, launches.c.created)
    old = (launches.c.stage == Stage.DONE) & (ended < before)
    ids = select(launches.c.launch_id).where(old).scalar_subquery()
    await connection.execute(delete(audit).where(audit.c.target.in_(ids)))
    await connection.execute(delete(leases).where(leases.c.holder.in_(ids)))
    gone = await connection.execute(delete(launches).where(old))
    kept = select(launches.c.launch_id).scalar_subquery()
    await connection.execute(delete(audit).where(audit.c.at < before, audit.c.target.not_in(kept)))
    abandoned = leases.c.key.startswith(THREAD_KEYS, autoescape=True) & (leases.c.at < before)
    await connection.execute(delete(leases).where(abandoned))
    for column in (diagnoses.c.settled, threads.c.started, refused_blocks.c.until):
        await connection.execute(delete(column.table).where(column < before))
    return gone.rowcount
