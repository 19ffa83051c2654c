"""Persistent storage of launches, diagnoses, threads, workspaces and the audit log, in SQLite or Postgres."""

from __future__ import annotations

from bot.ports import Audit, Clock, Diagnoses, Launches, Threads, Workspaces
from bot.store.audit import AuditTable
from bot.store.diagnoses import DiagnosisTable
from bot.store.engine import BUSY_SECONDS, Database
from bot.store.launches import LaunchTable
from bot.store.lock import AlreadyServed, StoreLock, take_lock
from bot.store.threads import ThreadTable
from bot.store.upgrade import prepare
from bot.store.url import parse_address
from bot.store.workspaces import WorkspaceTable

__all__ = ["AlreadyServed", "Store", "StoreLock", "open_store", "take_lock"]


class Store:
    """An open store, with one repository per port."""

    launches: Launches
    diagnoses: Diagnoses
    threads: Threads
    workspaces: Workspaces
    audit: Audit

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._launches = LaunchTable(database)
        self.launches = self._launches
        self.diagnoses = DiagnosisTable(database, clock)
        self.threads = ThreadTable(database)
        self.workspaces = WorkspaceTable(database)
        self.audit = AuditTable(database)

    async def close(self) -> None:
        """Finish pending writes and close the connections."""
        await self._launches.drain()
        await self._database.close()


async def open_store(url: str, clock: Clock, *, busy_seconds: float = BUSY_SECONDS) -> Store:
    """Open the store at a URL (sqlite:///file or postgresql://...); create its tables if it is new.

    `busy_seconds` is how long a write waits for another process's write. Raise StoreError with a readable
    message when the store cannot be used; a damaged or unknown file is copied first and never changed.
    """
    database = Database(parse_address(url), busy_seconds=busy_seconds)
    try:
        await prepare(database)
    except BaseException:
        await database.close()
        raise
    return Store(database, clock)
