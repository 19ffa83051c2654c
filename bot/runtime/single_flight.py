"""One call for many who ask: calls under way are shared, and answers for a short while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from bot.ports import Clock

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Shares the answer of one call between all who ask for the same key within `seconds` of its start.

    Failures are shared with those who wait for them, but not kept. One asker's cancellation does not
    cancel the call for the others.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._flights: dict[Hashable, tuple[float, asyncio.Task[T]]] = {}

    async def get(self, key: Hashable, call: Callable[[], Awaitable[T]]) -> T:
        """Return the answer for `key`: one under way, one young enough, or that of a fresh call."""
        now = self._clock.monotonic()
        self._forget_old(now)
        flight = self._flights.get(key)
        if flight is None or _failed(flight[1]):
            task: asyncio.Task[T] = asyncio.ensure_future(_run(call))
            # Nobody may be left to hear of a failure when every asker was cancelled.
            task.add_done_callback(_hear)
            flight = (now, task)
            self._flights[key] = flight
        return await asyncio.shield(flight[1])

    async def close(self) -> None:
        """End the calls under way."""
        tasks = [task for _, task in self._flights.values()]
        self._flights.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget_old(self, now: float) -> None:
        old = [
            key
            for key, (began, task) in self._flights.items()
            if task.done() and now - began >= self._seconds
        ]
        for key in old:
            del self._flights[key]


async def _run(call: Callable[[], Awaitable[T]]) -> T:
    return await call()


def _failed(task: asyncio.Task[T]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _hear(task: asyncio.Task[T]) -> None:
    if not task.cancelled():
        task.exception()
