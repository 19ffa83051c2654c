"""Turns at the store's one connection: what a person waits for goes first."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TurnLost(Exception):  # noqa: N818 - too many wait; not an error of ours
    """The turn did not come in time."""


class PriorityLock:
    """One at a time: the urgent before the others, each in the order in which they came."""

    def __init__(self) -> None:
        self._taken = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self, *, urgent: bool, patience: float) -> AsyncIterator[None]:
        """Hold the turn inside; raises TurnLost when it does not come within `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._take(self._urgent if urgent else self._others)
        except TimeoutError:
            raise TurnLost from None
        try:
            yield
        finally:
            self._pass_on()

    async def _take(self, lane: deque[asyncio.Future[None]]) -> None:
        if not self._taken:
            self._taken = True
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane.append(waiting)
        try:
            await waiting
        except asyncio.CancelledError:
            if not waiting.cancelled():
                # The turn came in the very moment in which it was given up.
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        for lane in (self._urgent, self._others):
            while lane:
                waiting = lane.popleft()
                if not waiting.done():
                    waiting.set_result(None)
                    return
        self._taken = False
