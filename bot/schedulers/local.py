"""The scheduler of a single process: one asyncio task for each unfinished launch, resumed at start."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import structlog

from bot.launches.context import Dependencies
from bot.launches.retention import Retention
from bot.launches.worker import LaunchWorker
from bot.models.errors import StoreError

# The longest sleep in seconds; after it the clock is read again, because it may have been set back.
LONGEST_SLEEP = 60.0
# A launch without a task that has been overdue for this long has lost its task.
LOST_AFTER = timedelta(seconds=10)


class Scheduler:
    """Runs every unfinished launch of the store; the caller must hold the store's lock."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._launch_worker = LaunchWorker(dependencies)
        self._retention = Retention(dependencies)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wake_events: dict[str, asyncio.Event] = {}
        self._busy: set[str] = set()
        self._stopping = False
        self._sweep_task: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Start a task for every unfinished launch and return their number. Raise StoreError."""
        await self._retention.prune()
        unfinished = await self._dependencies.launches.unfinished()
        for launch in unfinished:
            self.wake(launch.launch_id)
        self._sweep_task = asyncio.create_task(self._sweep(), name="launch sweep")
        return len(unfinished)

    def wake(self, launch_id: str) -> None:
        """Run the next step of a launch now; start its task if it has none."""
        if launch_id in self._tasks:
            self._wake_events[launch_id].set()
            return
        if self._stopping:
            return
        self._wake_events[launch_id] = asyncio.Event()
        task = asyncio.create_task(self._run(launch_id), name=f"launch {launch_id}")
        self._tasks[launch_id] = task
        task.add_done_callback(lambda _: self._forget(launch_id))

    async def stop(self, grace: float = 5.0) -> None:
        """Start no more steps, wait up to `grace` seconds for running ones, then cancel all tasks."""
        self._stopping = True
        if self._sweep_task is not None:
            self._sweep_task.cancel()
            await asyncio.gather(self._sweep_task, return_exceptions=True)
        for wake in self._wake_events.values():
            wake.set()  # a step that ends now does not sleep again
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
        """Start tasks for launches without one: launches stored by the CLI, and lost ones."""
        while True:
            await self._dependencies.clock.wait(self._dependencies.settings.timing.poll)
            with contextlib.suppress(StoreError):
                await self._retention.prune()
                overdue = self._dependencies.clock.now() - LOST_AFTER
                for launch in await self._dependencies.launches.unfinished():
                    # A launch with a channel is started by this process after its ack.
                    orphaned = not launch.channel_id or launch.due <= overdue
                    if orphaned and launch.launch_id not in self._tasks:
                        self.wake(launch.launch_id)

    def _forget(self, launch_id: str) -> None:
        self._tasks.pop(launch_id, None)
        self._wake_events.pop(launch_id, None)

    async def _run(self, launch_id: str) -> None:
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
        """Wait until the launch is due or `wake` is called."""
        wake = self._wake_events[launch_id]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(LONGEST_SLEEP, max(0.0, seconds))):
                await wake.wait()
        wake.clear()
