"""The table of monitor threads."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, select

from bot.models.launch import MessageRef
from bot.ports import Thread
from bot.store.engine import Database
from bot.store.leases import acquire_lease, release_lease, thread_key
from bot.store.records import Records
from bot.store.schema import threads


class ThreadTable:
    """Implements `bot.ports.Threads`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._records = Records(Thread)

    async def remember(self, thread: Thread) -> None:
        """Insert or update a thread, identified by its parent message."""
        values = {"words": thread.words, "started": thread.started, "record": self._records.dump(thread)}
        key = {"channel_id": thread.parent.channel, "ts": thread.parent.ts}
        insert = self._database.insert(threads).values(**key, **values)
        async with self._database.write() as connection:
            await connection.execute(
                insert.on_conflict_do_update(index_elements=[threads.c.channel_id, threads.c.ts], set_=values)
            )

    async def find(self, parent: MessageRef) -> Thread | None:
        """Return a thread by its parent message, or None."""
        query = select(threads.c.record).where(
            threads.c.channel_id == parent.channel, threads.c.ts == parent.ts
        )
        return await self._first(query)

    async def latest(self, channel: str, words: str) -> Thread | None:
        """Return the newest thread of a channel with these filters, or None."""
        query = select(threads.c.record).where(threads.c.channel_id == channel, threads.c.words == words)
        return await self._first(query.order_by(threads.c.started.desc()))

    async def begin(self, channel: str, words: str, *, writer: str, now: datetime, within: timedelta) -> bool:
        """Acquire the lease for these filters in a channel.

        False when another writer has had it within that time.
        """
        if self._database.address.file is not None:
            return True  # a SQLite store has a single bot, which tracks its own writers
        async with self._database.write() as connection:
            holder = await acquire_lease(
                self._database,
                connection,
                key=thread_key(channel, words),
                holder=writer,
                now=now,
                ttl=within,
            )
        return holder == writer

    async def end(self, channel: str, words: str, *, writer: str) -> None:
        """Release the lease if this writer holds it. If the process dies, it expires."""
        if self._database.address.file is not None:
            return
        async with self._database.write() as connection:
            await release_lease(connection, key=thread_key(channel, words), holder=writer)

    async def _first(self, query: Select[str]) -> Thread | None:
        async with self._database.read() as connection:
            record = (await connection.execute(query.limit(1))).scalar_one_or_none()
        return None if record is None else self._records.load(record)
