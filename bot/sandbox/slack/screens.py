"""The open pages that look at the workspace, and anyone who waits for a change in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.sandbox.slack.wire import Json

QUEUE_LIMIT = 10_000


class Screens:
    """Sends every change to all open pages.

    A page that has stopped reading gets None, the sign to hang up: it comes back to a fresh snapshot.
    """

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Json | None]] = set()
        self._waiters: set[asyncio.Event] = set()

    def open(self) -> asyncio.Queue[Json | None]:
        """Return the queue of one new page."""
        queue: asyncio.Queue[Json | None] = asyncio.Queue(QUEUE_LIMIT)
        self._queues.add(queue)
        return queue

    def close(self, queue: asyncio.Queue[Json | None]) -> None:
        """Stop sending to a page."""
        self._queues.discard(queue)

    def send(self, event: Json) -> None:
        """Tell every page, then wake those who wait for a change."""
        for queue in list(self._queues):
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                self._queues.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)
        self.wake()

    def wake(self) -> None:
        """Wake those who wait, without telling the pages."""
        for waiter in self._waiters:
            waiter.set()

    async def wait_until(self, happened: Callable[[], object], seconds: float) -> None:
        """Return as soon as `happened()` is true, asked after every change.

        Raise TimeoutError after that many seconds.
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
