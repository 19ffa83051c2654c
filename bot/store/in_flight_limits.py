"""Counts launches in flight; no other process can add one until the transaction ends."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models.launch import Launch, Stage
from bot.ports import CapReached, Caps
from bot.store.engine import Database
from bot.store.schema import launches

# Listed by name rather than "not done", so that the index on `stage` finds the few unfinished launches.
UNFINISHED = tuple(stage for stage in Stage if stage is not Stage.DONE)
# Advisory lock id; any number that nothing else in the database uses.
LOCK = 7_369_370
# A process suspended while it holds the lock must not block other processes' launches for longer.
# https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT
LOCK_TIMEOUT_MS = 5_000


async def count_in_flight(database: Database, connection: AsyncConnection) -> Counter[str]:
    """Return the number of launches without an outcome, by user id.

    No other transaction can count until this one ends: two concurrent counts would both find room.
    A SQLite write transaction is exclusive; on Postgres an advisory lock makes it so. Take the lock after the
    dedup keys, never before: transactions that wait for each other deadlock.
    """
    if database.address.file is None:
        patience = "set_config('idle_in_transaction_session_timeout', :patience, true)"
        await connection.execute(text(f"SELECT {patience}"), {"patience": str(LOCK_TIMEOUT_MS)})
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    open_ones = launches.c.stage.in_(UNFINISHED) & launches.c.ended.is_(None)
    query = select(launches.c.user_id, func.count()).where(open_ones).group_by(launches.c.user_id)
    rows = await connection.execute(query)
    return Counter({row.user_id: row[1] for row in rows})


def cap_reached(in_flight: Counter[str], launch: Launch, caps: Caps) -> CapReached | None:
    """Return the limit that this launch would exceed, the user's own first; None when there is room."""
    user_count, overall = in_flight[launch.user_id], in_flight.total()
    if caps.per_person is not None and user_count >= caps.per_person:
        return CapReached(per_person=True, in_flight=user_count, cap=caps.per_person)
    if caps.overall is not None and overall >= caps.overall:
        return CapReached(per_person=False, in_flight=overall, cap=caps.overall)
    return None
