"""How launches get into their table: one with every rule, or many at once where no rule stands against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Column, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models.errors import StoreError
from bot.models.launch import Launch
from bot.ports import NO_CAPS, Added, Caps
from bot.store.engine import Database
from bot.store.in_flight_limits import cap_reached, count_in_flight
from bot.store.leases import FOREVER, claim, hand_over, press_key, release, trigger_key
from bot.store.records import Records
from bot.store.schema import claims, launches


@dataclass(frozen=True, slots=True)
class Request:
    """A launch to be added, with its row, the keys that it claims, a double press's window, and the caps."""

    launch: Launch
    row: Mapping[str, object]
    trigger: str
    press: str
    window: timedelta
    caps: Caps


class Adding:
    """Adds launches within a transaction of the caller's."""

    def __init__(self, database: Database, records: Records[Launch]) -> None:
        self._database = database
        self._records = records

    def request(self, launch: Launch, dedup_window: float, caps: Caps) -> Request:
        """Return what adding this launch takes. Raise StoreError for text that cannot be stored."""
        row, window = row_of(launch, self._records), timedelta(seconds=dedup_window)
        return Request(launch, row, trigger_key(launch), press_key(launch), window, caps)

    async def one(self, connection: AsyncConnection, request: Request) -> Added:
        """Add a launch unless it was asked for before, and returns the one that stands now.

        Raise CapReached when it is a new one and a cap is reached.
        """
        launch = request.launch
        holder = await self._claim(connection, request)
        if holder == launch.launch_id:
            await self._check_caps(connection, request)
            if await self._insert(connection, [request.row]):
                return Added(launch=launch, fresh=True)
        found = await connection.execute(select(launches.c.record).where(launches.c.launch_id == holder))
        record = found.scalar_one_or_none()
        first = None if record is None else self._records.load(record)
        if first is None or (holder == launch.launch_id and first.trigger_id != launch.trigger_id):
            raise StoreError(f"The id {holder} belongs to another launch. Nothing was started; try again.")
        return Added(launch=first, fresh=False)

    async def many(self, connection: AsyncConnection, requests: Sequence[Request]) -> frozenset[str]:
        """Add launches with a few statements for all; returns the ids of those that nothing stood against.

        No two may share a key. Whoever does not get everything gives back what it got, and is left to `one`.
        """
        triggers = await self._free(connection, {one.trigger: one for one in requests})
        presses = await self._free(connection, {one.press: one for one in triggers})
        fitting = await self._fitting(connection, presses)
        stored = await self._insert(connection, [one.row for one in fitting])
        for one in triggers:
            if one.launch.launch_id not in stored:
                await release(connection, key=one.trigger, holder=one.launch.launch_id)
                await release(connection, key=one.press, holder=one.launch.launch_id)
        return stored

    async def _check_caps(self, connection: AsyncConnection, request: Request) -> None:
        if request.caps == NO_CAPS:
            return
        reached = cap_reached(await count_in_flight(self._database, connection), request.launch, request.caps)
        # Never a launch that stands already: the same request twice is one launch, and is answered with it.
        if reached is not None and not await self._stands(connection, request.launch.launch_id):
            raise reached

    async def _stands(self, connection: AsyncConnection, launch_id: str) -> bool:
        found = await connection.execute(
            select(launches.c.launch_id).where(launches.c.launch_id == launch_id)
        )
        return found.scalar_one_or_none() is not None

    async def _fitting(self, connection: AsyncConnection, requests: Sequence[Request]) -> list[Request]:
        """Those of these new launches that the caps leave room for, in the order in which they came."""
        if all(one.caps == NO_CAPS for one in requests):
            return list(requests)
        in_flight = await count_in_flight(self._database, connection)
        fitting = []
        for one in requests:
            if cap_reached(in_flight, one.launch, one.caps) is None:
                in_flight[one.launch.user_id] += 1
                fitting.append(one)
        return fitting

    async def _free(self, connection: AsyncConnection, keys: Mapping[str, Request]) -> list[Request]:
        """Claims the keys that nobody has ever claimed, and returns whose these are."""
        rows = [
            {"key": key, "holder": one.launch.launch_id, "at": one.launch.created}
            for key, one in keys.items()
        ]
        got = await self._stored(connection, claims, claims.c.key, rows)
        return [one for key, one in keys.items() if key in got]

    async def _insert(
        self, connection: AsyncConnection, rows: Sequence[Mapping[str, object]]
    ) -> frozenset[str]:
        return await self._stored(connection, launches, launches.c.launch_id, rows)

    async def _stored(
        self,
        connection: AsyncConnection,
        table: Table,
        key: Column[str],
        rows: Sequence[Mapping[str, object]],
    ) -> frozenset[str]:
        """Insert the rows whose key is not there yet, and returns these keys."""
        if not rows:
            return frozenset()
        once = self._database.insert(table).on_conflict_do_nothing(index_elements=[key])
        # Not by counting rows: for an INSERT not every driver does.
        done = await connection.execute(once.returning(key), rows)
        return frozenset(done.scalars())

    async def _claim(self, connection: AsyncConnection, request: Request) -> str:
        """Return the id of the launch that this request means: its own, or that of an earlier one."""
        mine, now = request.launch.launch_id, request.launch.created
        holder = await claim(
            self._database, connection, key=request.trigger, holder=mine, now=now, ttl=FOREVER
        )
        if holder != mine:
            return holder
        holder = await claim(
            self._database, connection, key=request.press, holder=mine, now=now, ttl=request.window
        )
        if holder != mine:
            # The second press's request may be replayed too, long after the window.
            await hand_over(connection, key=request.trigger, holder=holder)
        return holder


def row_of(launch: Launch, records: Records[Launch]) -> dict[str, object]:
    """Return a launch as a row. Raise StoreError for text that cannot be stored."""
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
        "record": records.dump(launch),
    }
