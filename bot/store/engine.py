"""The connection to the store: one file or server, safe transactions, errors as sentences."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.models.errors import StoreError
from bot.store.error_messages import describe
from bot.store.priority_lock import PriorityLock, TurnLost
from bot.store.url import Place

# How long SQLite waits for another process's write, in seconds; ours are over in milliseconds.
BUSY_SECONDS = 5.0
# When a server that is gone without a word is given up; without these, after a quarter of an hour.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
SERVER_PATIENCE = MappingProxyType(
    {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 20_000,  # milliseconds, the others are seconds
    }
)


class Database:
    """An open store; every method raises StoreError with a sentence when it fails."""

    def __init__(self, place: Place, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.place = place
        self.busy_seconds = busy_seconds
        self._engine = _make_engine(place, busy_seconds)
        self._turns = PriorityLock()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the store."""
        async with self._turn(urgent=False), self._transaction(self._engine) as connection:
            yield connection

    @asynccontextmanager
    async def write(self, *, urgent: bool = False) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back when it raises.

        An urgent one, for which a person waits, goes before all others that wait in this process.
        """
        # A transaction that reads first and writes later would fail as "locked" in the middle, without
        # waiting, when another process wrote in between: so the right to write is taken at its start.
        engine = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        async with self._turn(urgent=urgent), self._transaction(engine) as connection:
            yield connection

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT that knows ON CONFLICT, which both kinds of store spell alike."""
        return sqlite.insert(table) if self.place.file else postgresql.insert(table)

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _turn(self, *, urgent: bool) -> AsyncIterator[None]:
        if self.place.file is None:
            yield  # a server has many connections
            return
        try:
            async with self._turns.turn(urgent=urgent, patience=self.busy_seconds * 2):
                yield
        except TurnLost as error:
            raise StoreError(describe(error, self.place.name)) from error

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        try:
            async with engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError, UnicodeError) as error:
            raise StoreError(describe(error, self.place.name)) from error


def _make_engine(place: Place, busy_seconds: float) -> AsyncEngine:
    if place.file is None:
        return _make_server_engine(place)
    # One connection, hence one thread, and a fair queue in front of it: a write takes a millisecond, and
    # several writers of our own would only wait for each other in SQLite's unfair one.
    engine = create_async_engine(
        place.url,
        pool_size=1,
        max_overflow=0,
        pool_timeout=busy_seconds * 2,
        connect_args={"timeout": busy_seconds},
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _make_server_engine(place: Place) -> AsyncEngine:
    return create_async_engine(
        place.url,
        pool_pre_ping=True,
        # What waited for a lock must then see what its holder wrote, whatever the server's default is.
        isolation_level="READ COMMITTED",
        pool_timeout=BUSY_SECONDS,
        connect_args=dict(SERVER_PATIENCE),
        hide_parameters=True,
    )


def _prepare(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: `_begin` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        # What was acknowledged survives a power cut.
        cursor.execute("PRAGMA synchronous = FULL")
    finally:
        cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
