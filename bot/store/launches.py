"""The table of launches: each stands once, and each save is fenced by its version."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import RowMapping, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StoreError
from bot.models.launch import Launch, Stage
from bot.ports import Added, SaveConflict
from bot.store.claims import FOREVER, claim, hand_over, press_key, release, start_key, trigger_key
from bot.store.engine import Database
from bot.store.prune import forget_launch, prune
from bot.store.records import Records
from bot.store.schema import launches

T = TypeVar("T")


class LaunchTable:
    """Fulfils `bot.ports.Launches`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._records = Records(Launch)
        self._adding: set[asyncio.Task[Added]] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("store")

    async def add(self, launch: Launch, *, double_press: float) -> Added:
        """Inserts a launch, once; returns the one that stands now. `double_press` is in seconds.

        When the asker gives up waiting (is cancelled), the launch is taken back even if the insert came
        through after all: they were told that nothing was started.
        """
        task = _keep(self._adding, self._add(launch, double_press))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            _keep(self._leaving, self._take_back(task))
            raise

    async def save(self, launch: Launch) -> Launch:
        """Writes a launch back; returns it with its new version, or raises SaveConflict."""
        saved = replace(launch, version=launch.version + 1)
        fence = (launches.c.launch_id == launch.launch_id) & (launches.c.version == launch.version)
        async with self._database.write() as connection:
            done = await connection.execute(update(launches).where(fence).values(self._row(saved)))
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
        """The newest `limit` finished launches created since then, and all unfinished ones, newest first."""
        done = _records().where(launches.c.stage == Stage.DONE, launches.c.created >= since)
        ended = await self._read(done.order_by(launches.c.created.desc()).limit(limit))
        both = {launch.launch_id: launch for launch in (*ended, *await self.unfinished())}
        return tuple(sorted(both.values(), key=lambda launch: launch.created, reverse=True))

    async def by_run_ids(self, run_ids: Sequence[str]) -> tuple[Launch, ...]:
        """The launches with these ids, in no order."""
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
        """Gives the right back, if this launch holds it."""
        async with self._database.write() as connection:
            await release(connection, key=start_key(job, region, queue), holder=launch_id)

    async def prune(self, *, before: datetime) -> int:
        """Removes what ended before then, with all that the store remembers of that time."""
        async with self._database.write() as connection:
            return await prune(connection, before=before)

    async def settle(self) -> None:
        """Returns when every insert that was begun is over."""
        await asyncio.gather(*self._adding, *self._leaving, return_exceptions=True)

    async def _add(self, launch: Launch, double_press: float) -> Added:
        # The same words again may not be answered with a launch that is about to be taken back.
        await asyncio.gather(*self._leaving, return_exceptions=True)
        async with self._database.write(urgent=True) as connection:
            holder = await self._claim(connection, launch, double_press)
            if holder == launch.launch_id and await self._insert(connection, launch):
                return Added(launch=launch, fresh=True)
            first = await self._find(connection, holder)
            if first is None or (holder == launch.launch_id and first.trigger_id != launch.trigger_id):
                raise StoreError(
                    f"The id {holder} belongs to another launch. Nothing was started; try again."
                )
        return Added(launch=first, fresh=False)

    async def _insert(self, connection: AsyncConnection, launch: Launch) -> bool:
        insert = self._database.insert(launches).values(self._row(launch))
        once = insert.on_conflict_do_nothing(index_elements=[launches.c.launch_id])
        # Not by counting rows: for an INSERT not every driver does.
        done = await connection.execute(once.returning(launches.c.launch_id))
        return done.scalar_one_or_none() is not None

    async def _claim(self, connection: AsyncConnection, launch: Launch, double_press: float) -> str:
        """The id of the launch that this request means: its own, or that of an earlier one."""
        mine, trigger = launch.launch_id, trigger_key(launch)
        holder = await claim(
            self._database, connection, key=trigger, holder=mine, now=launch.created, ttl=FOREVER
        )
        if holder != mine:
            return holder
        window = timedelta(seconds=double_press)
        press = press_key(launch)
        holder = await claim(
            self._database, connection, key=press, holder=mine, now=launch.created, ttl=window
        )
        if holder != mine:
            # The second press's request may be replayed too, long after the window.
            await hand_over(connection, key=trigger, holder=holder)
        return holder

    async def _take_back(self, task: asyncio.Task[Added]) -> None:
        added = (await asyncio.gather(task, return_exceptions=True))[0]
        if isinstance(added, Added) and added.fresh:
            async with self._database.write() as connection:
                await forget_launch(connection, added.launch.launch_id)
            self._log.warning("launch_taken_back", launch_id=added.launch.launch_id)

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

    def _row(self, launch: Launch) -> dict[str, object]:
        return {
            "launch_id": launch.launch_id,
            "trigger_id": launch.trigger_id,
            "team_id": launch.team_id,
            "channel_id": launch.channel_id,
            "user_id": launch.user_id,
            "text": launch.text,
            "stage": launch.stage,
            "verdict": launch.verdict,
            "due": launch.due,
            "created": launch.created,
            "ended": launch.ended,
            "version": launch.version,
            "record": self._records.dump(launch),
        }


def _keep(tasks: set[asyncio.Task[T]], work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Starts work that is held by a set until it is done, so that it is neither lost nor forgotten."""
    task = asyncio.ensure_future(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return task


def _records() -> Select[str, str]:
    return select(launches.c.launch_id, launches.c.record)
