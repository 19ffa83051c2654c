"""The audit log: what was spent, stopped or refused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select

from bot.ports import AuditEntry
from bot.store.engine import Database
from bot.store.schema import audit


class AuditTable:
    """Implements `bot.ports.Audit`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, entry: AuditEntry) -> None:
        """Store one entry."""
        values = {
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "target": entry.target,
            "outcome": entry.outcome,
            "detail": entry.detail,
        }
        async with self._database.write() as connection:
            await connection.execute(insert(audit).values(values))

    async def entries(self, *, since: datetime, limit: int = 1000) -> tuple[AuditEntry, ...]:
        """Return the newest `limit` entries since that time, newest first."""
        query = select(audit).where(audit.c.at >= since)
        newest = query.order_by(audit.c.at.desc(), audit.c.entry_id.desc()).limit(limit)
        async with self._database.read() as connection:
            rows = (await connection.execute(newest)).all()
        return tuple(
            AuditEntry(
                at=row.at,
                actor=row.actor,
                action=row.action,
                target=row.target,
                outcome=row.outcome,
                detail=row.detail,
            )
            for row in rows
        )
