"""Inserts launches: one with every check, or several at once when no check applies."""

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
from bot.store.leases import FOREVER, acquire_lease, press_key, release_lease, transfer_lease, trigger_key
from bot.store.records import Records
from bot.store.schema import launches, leases


@dataclass(frozen=True, slots=True)
class InsertRequest:
    """A launch to insert: its row, its dedup keys, the window of the second key, and the limits."""

    launch: Launch
    row: Mapping[str, object]
    trigger: str
    press: str
    window: timedelta
    caps: Caps


class LaunchInserter:
    """Inserts launches within the caller's transaction."""

    def __init__(self, database: Database, records: Records[Launch]) -> None:
        self._database = database
        self._records = records

    def make_request(self, launch: Launch, dedup_window: float, caps: Caps) -> InsertRequest:
        """Return the data to insert for this launch. Raise StoreError for text that cannot be stored."""
        row, window = row_of(launch, self._records), timedelta(seconds=dedup_window)
        return InsertRequest(launch, row, trigger_key(launch), press_key(launch), window, caps)

    async def insert_one(self, connection: AsyncConnection, request: InsertRequest) -> Added:
        """Insert a launch unless the same request was stored before; return the stored launch.

        Raise CapReached when the launch is new and a limit is reached.
        """
        launch = request.launch
        holder = await self._acquire_keys(connection, request)
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

    async def insert_many(
        self, connection: AsyncConnection, requests: Sequence[InsertRequest]
    ) -> frozenset[str]:
        """Insert launches with a few statements for all; return the ids of those that were inserted.

        No two requests may share a key. A request that does not acquire both keys releases what it acquired;
        the caller then passes it to `insert_one`.
        """
        triggers = await self._acquire_new(connection, {one.trigger: one for one in requests})
        presses = await self._acquire_new(connection, {one.press: one for one in triggers})
        accepted = await self._within_caps(connection, presses)
        stored = await self._insert(connection, [one.row for one in accepted])
        for one in triggers:
            if one.launch.launch_id not in stored:
                await release_lease(connection, key=one.trigger, holder=one.launch.launch_id)
                await release_lease(connection, key=one.press, holder=one.launch.launch_id)
        return stored

    async def _check_caps(self, connection: AsyncConnection, request: InsertRequest) -> None:
        if request.caps == NO_CAPS:
            return
        reached = cap_reached(await count_in_flight(self._database, connection), request.launch, request.caps)
        # Not for a launch that is already stored: a repeated request is answered with that launch.
        if reached is not None and not await self._exists(connection, request.launch.launch_id):
            raise reached

    async def _exists(self, connection: AsyncConnection, launch_id: str) -> bool:
        found = await connection.execute(
            select(launches.c.launch_id).where(launches.c.launch_id == launch_id)
        )
        return found.scalar_one_or_none() is not None

    async def _within_caps(
        self, connection: AsyncConnection, requests: Sequence[InsertRequest]
    ) -> list[InsertRequest]:
        """Return the new launches that fit within the limits, in the given order."""
        if all(one.caps == NO_CAPS for one in requests):
            return list(requests)
        in_flight = await count_in_flight(self._database, connection)
        accepted = []
        for one in requests:
            if cap_reached(in_flight, one.launch, one.caps) is None:
                in_flight[one.launch.user_id] += 1
                accepted.append(one)
        return accepted

    async def _acquire_new(
        self, connection: AsyncConnection, keys: Mapping[str, InsertRequest]
    ) -> list[InsertRequest]:
        """Acquire the keys that do not exist yet, and return the requests that own them."""
        rows = [
            {"key": key, "holder": one.launch.launch_id, "at": one.launch.created}
            for key, one in keys.items()
        ]
        got = await self._insert_new(connection, leases, leases.c.key, rows)
        return [one for key, one in keys.items() if key in got]

    async def _insert(
        self, connection: AsyncConnection, rows: Sequence[Mapping[str, object]]
    ) -> frozenset[str]:
        return await self._insert_new(connection, launches, launches.c.launch_id, rows)

    async def _insert_new(
        self,
        connection: AsyncConnection,
        table: Table,
        key: Column[str],
        rows: Sequence[Mapping[str, object]],
    ) -> frozenset[str]:
        """Insert the rows that do not exist yet, and return their keys."""
        if not rows:
            return frozenset()
        once = self._database.insert(table).on_conflict_do_nothing(index_elements=[key])
        # RETURNING, because not every driver reports `rowcount` for an INSERT.
        done = await connection.execute(once.returning(key), rows)
        return frozenset(done.scalars())

    async def _acquire_keys(self, connection: AsyncConnection, request: InsertRequest) -> str:
        """Acquire both dedup keys.

        Return the id of the launch that holds them: this one or an earlier one.
        """
        mine, now = request.launch.launch_id, request.launch.created
        holder = await acquire_lease(
            self._database, connection, key=request.trigger, holder=mine, now=now, ttl=FOREVER
        )
        if holder != mine:
            return holder
        holder = await acquire_lease(
            self._database, connection, key=request.press, holder=mine, now=now, ttl=request.window
        )
        if holder != mine:
            # The second request may be repeated long after the window, so its key moves to the first launch.
            await transfer_lease(connection, key=request.trigger, holder=holder)
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
