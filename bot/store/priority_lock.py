"""A lock with two priorities for the store's single connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class LockTimeout(Exception):  # noqa: N818 - a state of the queue, not a defect
    """The lock was not acquired in time."""


class PriorityLock:
    """A mutual-exclusion lock: urgent waiters before others, first in, first out."""

    def __init__(self) -> None:
        self._held = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def hold(self, *, urgent: bool, timeout: float) -> AsyncIterator[None]:
        """Hold the lock within the block; raise LockTimeout after `timeout` seconds of waiting."""
        try:
            async with asyncio.timeout(timeout):
                await self._acquire(self._urgent if urgent else self._others)
        except TimeoutError:
            raise LockTimeout from None
        try:
            yield
        finally:
            self._release()

    async def _acquire(self, queue: deque[asyncio.Future[None]]) -> None:
        if not self._held:
            self._held = True
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(waiting)
        try:
            await waiting
        except asyncio.CancelledError:
            if not waiting.cancelled():
                # The lock was granted at the moment of cancellation.
                self._release()
            raise

    def _release(self) -> None:
        for queue in (self._urgent, self._others):
            while queue:
                waiting = queue.popleft()
                if not waiting.done():
                    waiting.set_result(None)
                    return
        self._held = False
