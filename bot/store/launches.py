"""The table of launches: each stands once, and each save is fenced by its version."""

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
from bot.store.adding import Adding, row_of
from bot.store.batch_insert import Intake
from bot.store.engine import Database
from bot.store.leases import claim, release, start_key
from bot.store.prune import prune
from bot.store.records import Records
from bot.store.schema import launches


class LaunchTable:
    """Fulfils `bot.ports.Launches`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._records = Records(Launch)
        self._adding = Adding(database, self._records)
        self._intake = Intake(database, self._adding)
        self._log = structlog.get_logger("store")

    async def add(self, launch: Launch, *, dedup_window: float, caps: Caps = NO_CAPS) -> Added:
        """Insert a launch, once; returns the one that stands now. `dedup_window` is in seconds.

        Raise CapReached when it would be one too many in flight.

        When the asker gives up waiting (is cancelled), the launch is taken back even if the insert came
        through after all: they were told that nothing was started.
        """
        return await self._intake.add(self._adding.request(launch, dedup_window, caps))

    async def save(self, launch: Launch) -> Launch:
        """Write a launch back; returns it with its new version, or raises SaveConflict."""
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
        """One launch."""
        async with self._database.read() as connection:
            return await self._find(connection, launch_id)

    async def unfinished(self) -> tuple[Launch, ...]:
        """Every launch whose stage is not `done`, oldest first."""
        query = _records().where(launches.c.stage != Stage.DONE).order_by(launches.c.created)
        return await self._read(query)

    async def recent(self, *, since: datetime, limit: int = 100) -> tuple[Launch, ...]:
        """Return the newest `limit` finished launches created since then, and all unfinished ones, newest first."""
        done = _records().where(launches.c.stage == Stage.DONE, launches.c.created >= since)
        # In this order: what ends in between is read twice, and not missed.
        unfinished = await self.unfinished()
        ended = await self._read(done.order_by(launches.c.created.desc()).limit(limit))
        both = {launch.launch_id: launch for launch in (*unfinished, *ended)}
        return tuple(sorted(both.values(), key=lambda launch: launch.created, reverse=True))

    async def by_run_ids(self, run_ids: Sequence[str]) -> tuple[Launch, ...]:
        """Return the launches with these ids, in no order."""
        if not run_ids:
            return ()
        return await self._read(_records().where(launches.c.launch_id.in_(run_ids)))

    async def claim_start(
        self, *, job: str, region: str, queue: str, launch_id: str, now: datetime, ttl: float
    ) -> str:
        """Claims the right to start a runner for `ttl` seconds; returns the launch id that holds it."""
        key = start_key(job, region, queue)
        async with self._database.write() as connection:
            return await claim(
                self._database, connection, key=key, holder=launch_id, now=now, ttl=timedelta(seconds=ttl)
            )

    async def release_start(self, *, job: str, region: str, queue: str, launch_id: str) -> None:
        """Give the right back, if this launch holds it."""
        async with self._database.write() as connection:
            await release(connection, key=start_key(job, region, queue), holder=launch_id)

    async def prune(self, *, before: datetime) -> int:
        """Remove what ended before then, with all that the store remembers of that time."""
        async with self._database.write() as connection:
            return await prune(connection, before=before)

    async def settle(self) -> None:
        """Return when every insert that was begun is over."""
        await self._intake.settle()

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
                # One launch that cannot be read must not keep all the others from being taken up.
                self._log.error("launch_unreadable", launch_id=row["launch_id"], reason=str(error))


def _records() -> Select[str, str]:
    return select(launches.c.launch_id, launches.c.record)
