"""Sends changes to the open pages, and to callers that wait for a change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.sandbox.slack.wire import Json

QUEUE_LIMIT = 10_000


class Screens:
    """Sends every change to all open pages.

    A page that has stopped reading gets None, which closes it; it reconnects with a new snapshot.
    """

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Json | None]] = set()
        self._waiters: set[asyncio.Event] = set()

    def open(self) -> asyncio.Queue[Json | None]:
        """Return the event queue of a new page."""
        queue: asyncio.Queue[Json | None] = asyncio.Queue(QUEUE_LIMIT)
        self._queues.add(queue)
        return queue

    def close(self, queue: asyncio.Queue[Json | None]) -> None:
        """Stop sending to a page."""
        self._queues.discard(queue)

    def send(self, event: Json) -> None:
        """Send an event to every page, then wake the waiting callers."""
        for queue in list(self._queues):
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                self._queues.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)
        self.wake()

    def wake(self) -> None:
        """Wake the waiting callers without an event for the pages."""
        for waiter in self._waiters:
            waiter.set()

    async def wait_until(self, happened: Callable[[], object], seconds: float) -> None:
        """Return as soon as `happened()` is true, checked after every change.

        Raise TimeoutError after `seconds`.
        """
        waiter = asyncio.Event()
        self._waiters.add(waiter)
        try:
            async with asyncio.timeout(seconds):
                while not happened():
                    await waiter.wait()
                    waiter.clear()
        finally:
            self._waiters.discard(waiter)
