"""Who calls `advance` in a single process: one task for each unfinished launch, taken up again at start."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import structlog

from bot.launches.context import Dependencies
from bot.launches.retention import Retention
from bot.launches.worker import LaunchWorker
from bot.models.errors import StoreError

# A sleeper looks at the clock at least this often, in seconds: it may have been set back.
LONGEST_SLEEP = 60.0
# A launch that nobody drives although it has been due for so long, in seconds, has lost its driver.
LOST_AFTER = timedelta(seconds=10)


class Scheduler:
    """Drives every unfinished launch of the store; hold the store's lock before starting it."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._launch_worker = LaunchWorker(dependencies)
        self._history = Retention(dependencies)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._busy: set[str] = set()
        self._stopping = False
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Take up every unfinished launch; returns how many there were. Raise StoreError."""
        await self._history.prune()
        unfinished = await self._dependencies.launches.unfinished()
        for launch in unfinished:
            self.take_up(launch.launch_id)
        self._sweeper = asyncio.create_task(self._sweep(), name="launches without a driver")
        return len(unfinished)

    def take_up(self, launch_id: str) -> None:
        """Drives a launch from now on, or wakes it when it is driven already."""
        if launch_id in self._tasks:
            self._wakes[launch_id].set()
            return
        if self._stopping:
            return
        self._wakes[launch_id] = asyncio.Event()
        task = asyncio.create_task(self._drive(launch_id), name=f"launch {launch_id}")
        self._tasks[launch_id] = task
        task.add_done_callback(lambda _: self._drop(launch_id))

    async def stop(self, grace: float = 5.0) -> None:
        """Take no more turns, lets those under way finish for up to `grace` seconds, and ends."""
        self._stopping = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        for wake in self._wakes.values():
            wake.set()  # a turn that ends now sleeps no more
        tasks = list(self._tasks.values())
        for launch_id, task in list(self._tasks.items()):
            if launch_id not in self._busy:
                task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _sweep(self) -> None:
        """Take up what nobody drives: stored by a terminal while this process holds the lock, or lost."""
        while True:
            await self._dependencies.clock.wait(self._dependencies.settings.timing.poll)
            with contextlib.suppress(StoreError):
                await self._history.prune()
                lost = self._dependencies.clock.now() - LOST_AFTER
                for launch in await self._dependencies.launches.unfinished():
                    # One of a channel comes through this process, which begins it after its ack.
                    begun = not launch.channel_id or launch.due <= lost
                    if begun and launch.launch_id not in self._tasks:
                        self.take_up(launch.launch_id)

    def _drop(self, launch_id: str) -> None:
        self._tasks.pop(launch_id, None)
        self._wakes.pop(launch_id, None)

    async def _drive(self, launch_id: str) -> None:
        structlog.contextvars.bind_contextvars(launch=launch_id)
        while not self._stopping:
            self._busy.add(launch_id)
            try:
                due = await self._launch_worker.run_step(launch_id)
            finally:
                self._busy.discard(launch_id)
            if due is None:
                return
            await self._sleep(launch_id, (due - self._dependencies.clock.now()).total_seconds())

    async def _sleep(self, launch_id: str, seconds: float) -> None:
        """Wait until the launch is due, or somebody wakes it."""
        wake = self._wakes[launch_id]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(LONGEST_SLEEP, max(0.0, seconds))):
                await wake.wait()
        wake.clear()
