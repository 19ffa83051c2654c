"""The table of launches: unique per request, with optimistic locking by version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import RowMapping, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models.errors import StoreError
from bot.models.launch import Launch, Stage
from bot.ports import NO_CAPS, Added, Caps, SaveConflict
from bot.store.batch_insert import BatchInserter
from bot.store.engine import Database
from bot.store.insert import LaunchInserter, row_of
from bot.store.leases import acquire_lease, release_lease, start_key
from bot.store.prune import prune
from bot.store.records import Records
from bot.store.schema import launches


class LaunchTable:
    """Implements `bot.ports.Launches`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._records = Records(Launch)
        self._inserter = LaunchInserter(database, self._records)
        self._batch_inserter = BatchInserter(database, self._inserter)
        self._log = structlog.get_logger("store")

    async def add(self, launch: Launch, *, dedup_window: float, caps: Caps = NO_CAPS) -> Added:
        """Insert a launch once; return the stored launch. `dedup_window` is in seconds.

        Raise CapReached when a limit on launches in flight is reached.

        When the caller is cancelled, the launch is deleted even if the insert
        succeeded: the caller reports that nothing was started.
        """
        return await self._batch_inserter.add(self._inserter.make_request(launch, dedup_window, caps))

    async def save(self, launch: Launch) -> Launch:
        """Update a launch; return it with its new version, or raise SaveConflict."""
        saved = replace(launch, version=launch.version + 1)
        fence = (launches.c.launch_id == launch.launch_id) & (launches.c.version == launch.version)
        async with self._database.write() as connection:
            done = await connection.execute(
                update(launches).where(fence).values(row_of(saved, self._records))
            )
            if done.rowcount == 0:
                raise SaveConflict(launch.launch_id)
        return saved

    async def get(self, launch_id: str) -> Launch | None:
        """Return a launch by id, or None."""
        async with self._database.read() as connection:
            return await self._find(connection, launch_id)

    async def unfinished(self) -> tuple[Launch, ...]:
        """Return all launches whose stage is not `done`, oldest first."""
        query = _records().where(launches.c.stage != Stage.DONE).order_by(launches.c.created)
        return await self._read(query)

    async def recent(self, *, since: datetime, limit: int = 100) -> tuple[Launch, ...]:
        """Return the newest `limit` finished launches since then, and all unfinished ones, newest first."""
        done = _records().where(launches.c.stage == Stage.DONE, launches.c.created >= since)
        # Unfinished ones first: a launch that ends in between is read twice rather than missed.
        unfinished = await self.unfinished()
        ended = await self._read(done.order_by(launches.c.created.desc()).limit(limit))
        both = {launch.launch_id: launch for launch in (*unfinished, *ended)}
        return tuple(sorted(both.values(), key=lambda launch: launch.created, reverse=True))

    async def by_run_ids(self, run_ids: Sequence[str]) -> tuple[Launch, ...]:
        """Return the launches with these ids, in any order."""
        if not run_ids:
            return ()
        return await self._read(_records().where(launches.c.launch_id.in_(run_ids)))

    async def claim_start(
        self, *, job: str, region: str, queue: str, launch_id: str, now: datetime, ttl: float
    ) -> str:
        """Acquire the right to start a runner for `ttl` seconds.

        Return the id of the launch that holds it.
        """
        key = start_key(job, region, queue)
        async with self._database.write() as connection:
            return await acquire_lease(
                self._database, connection, key=key, holder=launch_id, now=now, ttl=timedelta(seconds=ttl)
            )

    async def release_start(self, *, job: str, region: str, queue: str, launch_id: str) -> None:
        """Release that right if this launch holds it."""
        async with self._database.write() as connection:
            await release_lease(connection, key=start_key(job, region, queue), holder=launch_id)

    async def prune(self, *, before: datetime) -> int:
        """Delete what ended before that time, with related records; return the number of launches."""
        async with self._database.write() as connection:
            return await prune(connection, before=before)

    async def drain(self) -> None:
        """Wait until all pending inserts have finished."""
        await self._batch_inserter.drain()

    async def _find(self, connection: AsyncConnection, launch_id: str) -> Launch | None:
        found = await connection.execute(_records().where(launches.c.launch_id == launch_id))
        row = found.mappings().one_or_none()
        return None if row is None else self._records.load(row["record"])

    async def _read(self, query: Select[str, str]) -> tuple[Launch, ...]:
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return tuple(self._readable(rows))

    def _readable(self, rows: Iterable[RowMapping]) -> Iterable[Launch]:
        for row in rows:
            try:
                yield self._records.load(row["record"])
            except StoreError as error:
                # One unreadable record must not prevent the others from being resumed.
                self._log.error("launch_unreadable", launch_id=row["launch_id"], reason=str(error))


def _records() -> Select[str, str]:
    return select(launches.c.launch_id, launches.c.record)
