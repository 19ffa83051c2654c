"""The table of final diagnoses."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from bot.ports import Clock, Settled
from bot.store.engine import Database
from bot.store.records import Records
from bot.store.schema import diagnoses


class DiagnosisTable:
    """Implements `bot.ports.Diagnoses`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._records = Records(Settled)

    async def find(self, row_ids: Sequence[str]) -> tuple[Settled, ...]:
        """Return the stored diagnoses of these rows."""
        if not row_ids:
            return ()
        async with self._database.read() as connection:
            query = select(diagnoses.c.record).where(diagnoses.c.row_id.in_(row_ids))
            found = await connection.execute(query)
            return tuple(self._records.load(record) for record in found.scalars())

    async def settle(self, settled: Settled) -> None:
        """Store a diagnosis unless the row has one (first write wins)."""
        insert = self._database.insert(diagnoses).values(
            row_id=settled.row_id, settled=self._clock.now(), record=self._records.dump(settled)
        )
        async with self._database.write() as connection:
            await connection.execute(insert.on_conflict_do_nothing(index_elements=[diagnoses.c.row_id]))
