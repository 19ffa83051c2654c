"""Single-flight cache: concurrent callers share one call, and its result for a short time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from bot.ports import Clock

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Shares the result of one call between all callers with the same key within `seconds` of its start.

    Concurrent callers share a failure, but it is not cached. Cancelling one caller does not cancel the
    call for the others.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._flights: dict[Hashable, tuple[float, asyncio.Task[T]]] = {}

    async def get(self, key: Hashable, call: Callable[[], Awaitable[T]]) -> T:
        """Return the result for `key` from a running call, the cache or a new call; raise its error."""
        now = self._clock.monotonic()
        self._evict_expired(now)
        flight = self._flights.get(key)
        if flight is None or _failed(flight[1]):
            task: asyncio.Task[T] = asyncio.ensure_future(_run(call))
            # If every caller was cancelled, no one else retrieves the exception.
            task.add_done_callback(_retrieve_exception)
            flight = (now, task)
            self._flights[key] = flight
        return await asyncio.shield(flight[1])

    async def close(self) -> None:
        """Cancel the running calls and wait until they have ended."""
        tasks = [task for _, task in self._flights.values()]
        self._flights.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _evict_expired(self, now: float) -> None:
        expired = [
            key
            for key, (started, task) in self._flights.items()
            if task.done() and now - started >= self._seconds
        ]
        for key in expired:
            del self._flights[key]


async def _run(call: Callable[[], Awaitable[T]]) -> T:
    return await call()


def _failed(task: asyncio.Task[T]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _retrieve_exception(task: asyncio.Task[T]) -> None:
    if not task.cancelled():
        task.exception()
