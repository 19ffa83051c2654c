"""Database connections: one file or server, safe transactions, errors with readable messages."""

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
from bot.store.priority_lock import LockTimeout, PriorityLock
from bot.store.url import StoreAddress

# How long SQLite waits for another process's write, in seconds; our own writes take milliseconds.
BUSY_SECONDS = 5.0
# Timeouts for a server that stops responding; without them a connection hangs for about 15 minutes.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
SERVER_TIMEOUTS = MappingProxyType(
    {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 20_000,  # milliseconds; the others are in seconds
    }
)


class Database:
    """An open store; every method raises StoreError with a readable message when it fails."""

    def __init__(self, address: StoreAddress, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.address = address
        self.busy_seconds = busy_seconds
        self._engine = _make_engine(address, busy_seconds)
        self._lock = PriorityLock()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a read transaction with a consistent view of the store."""
        async with self._locked(urgent=False), self._transaction(self._engine) as connection:
            yield connection

    @asynccontextmanager
    async def write(self, *, urgent: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a transaction: committed at the end of the block, rolled back when the block raises.

        An urgent transaction, for which a person waits, takes precedence over all others waiting in this
        process.
        """
        # A deferred transaction that reads first and writes later fails as "locked" at once when another
        # process
        # wrote in between: so the write lock is taken at the start.
        engine = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        async with self._locked(urgent=urgent), self._transaction(engine) as connection:
            yield connection

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT that supports ON CONFLICT, with the same syntax for both databases."""
        return sqlite.insert(table) if self.address.file else postgresql.insert(table)

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _locked(self, *, urgent: bool) -> AsyncIterator[None]:
        if self.address.file is None:
            yield  # a server has several connections
            return
        try:
            async with self._lock.hold(urgent=urgent, timeout=self.busy_seconds * 2):
                yield
        except LockTimeout as error:
            raise StoreError(describe(error, self.address.name)) from error

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        try:
            async with engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError, UnicodeError) as error:
            raise StoreError(describe(error, self.address.name)) from error


def _make_engine(address: StoreAddress, busy_seconds: float) -> AsyncEngine:
    if address.file is None:
        return _make_server_engine(address)
    # One connection (and thread) behind a fair queue: a write takes a millisecond, and several writers of
    # this process would only block each other in SQLite's unfair queue.
    engine = create_async_engine(
        address.url,
        pool_size=1,
        max_overflow=0,
        pool_timeout=busy_seconds * 2,
        connect_args={"timeout": busy_seconds},
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "connect", _configure_connection)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _make_server_engine(address: StoreAddress) -> AsyncEngine:
    return create_async_engine(
        address.url,
        pool_pre_ping=True,
        # After waiting for a lock, a transaction must see the holder's writes, whatever the server's default
        # is.
        isolation_level="READ COMMITTED",
        pool_timeout=BUSY_SECONDS,
        connect_args=dict(SERVER_TIMEOUTS),
        hide_parameters=True,
    )


def _configure_connection(connection: Any, _record: object) -> None:
    # `_begin` starts transactions; the driver must not.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        # An acknowledged write survives a power failure.
        cursor.execute("PRAGMA synchronous = FULL")
    finally:
        cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
