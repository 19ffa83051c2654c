"""How many launches are in flight, counted so that no other process adds one at the same moment."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models.launch import Launch, Stage
from bot.ports import CapReached, Caps
from bot.store.engine import Database
from bot.store.schema import launches

# By name, not "all but done": so the index on the stage finds the few that are unfinished among many.
UNFINISHED = tuple(stage for stage in Stage if stage is not Stage.DONE)
# A number that nothing else in the database locks.
LOCK = 7_369_370
# A process that is stopped while it holds the lock must not hold up the launches of the others for longer.
# https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT
PATIENCE_MS = 5_000


async def count_in_flight(database: Database, connection: AsyncConnection) -> Counter[str]:
    """Return the number of launches without an outcome, by user id.

    Until the end of the transaction nobody else counts: two that count at once would both find room.
    On SQLite the transaction itself is alone; on Postgres a lock makes it so. Take it after the claims of
    keys and never before, as two transactions that wait for each other's are a deadlock.
    """
    if database.place.file is None:
        patience = "set_config('idle_in_transaction_session_timeout', :patience, true)"
        await connection.execute(text(f"SELECT {patience}"), {"patience": str(PATIENCE_MS)})
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    open_ones = launches.c.stage.in_(UNFINISHED) & launches.c.ended.is_(None)
    query = select(launches.c.user_id, func.count()).where(open_ones).group_by(launches.c.user_id)
    rows = await connection.execute(query)
    return Counter({row.user_id: row[1] for row in rows})


def cap_reached(in_flight: Counter[str], launch: Launch, caps: Caps) -> CapReached | None:
    """Return the limit that this launch would exceed, the person's own first; None when there is room."""
    own, overall = in_flight[launch.user_id], in_flight.total()
    if caps.per_person is not None and own >= caps.per_person:
        return CapReached(per_person=True, in_flight=own, cap=caps.per_person)
    if caps.overall is not None and overall >= caps.overall:
        return CapReached(per_person=False, in_flight=overall, cap=caps.overall)
    return None
