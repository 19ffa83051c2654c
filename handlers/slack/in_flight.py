"""What is being answered now, and what goes on after it: so that a stop loses no ack and leaves no task."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any


class InFlight:
    """Counts answers under way and keeps the tasks of listeners, which Bolt starts and forgets."""

    def __init__(self) -> None:
        self._answers = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._tasks: set[asyncio.Task[Any]] = set()

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Around everything from a payload's arrival to the end of its ack."""
        self._answers += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._answers -= 1
            if not self._answers:
                self._quiet.set()

    async def answered(self) -> None:
        """Returns once every ack is out."""
        await self._quiet.wait()

    def working(self) -> None:
        """Called by a listener's own task: it is known here until it ends."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Ends the listeners that still work; what they owe a launch is in the store."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
