"""Who calls `advance` in a single process: one task for each unfinished launch, taken up again at start."""

from __future__ import annotations

import asyncio
import contextlib
import secrets

import structlog

from bot.errors import StoreError
from bot.launches.advance import advance
from bot.launches.turn import Tools
from bot.models.launch import Launch, Stage
from bot.ports import SaveConflict

# A store or a step that fails in an unknown way is tried again this slowly, in seconds.
PAUSE_AFTER_ERROR = 5.0


class Scheduler:
    """Drives every unfinished launch of the store; hold the store's lock before starting it."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._log = structlog.get_logger("launches")
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._busy: set[str] = set()
        self._stopping = False

    async def start(self) -> int:
        """Takes up every unfinished launch; returns how many there were. Raises StoreError."""
        unfinished = await self._tools.launches.unfinished()
        for launch in unfinished:
            self.take_up(launch.launch_id)
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

    @property
    def in_flight(self) -> int:
        """How many launches are driven now."""
        return len(self._tasks)

    async def stop(self, grace: float = 8.0) -> None:
        """Takes no more turns, lets those under way finish for up to `grace` seconds, and ends."""
        self._stopping = True
        tasks = list(self._tasks.values())
        for launch_id, task in list(self._tasks.items()):
            if launch_id not in self._busy:
                task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _drop(self, launch_id: str) -> None:
        self._tasks.pop(launch_id, None)
        self._wakes.pop(launch_id, None)

    async def _drive(self, launch_id: str) -> None:
        structlog.contextvars.bind_contextvars(launch=launch_id)
        while not self._stopping:
            launch = await self._turn(launch_id)
            if launch is None:
                await self._sleep(launch_id, PAUSE_AFTER_ERROR)
            elif launch.stage is Stage.DONE:
                return
            else:
                await self._sleep(launch_id, (launch.due - self._tools.clock.now()).total_seconds())

    async def _turn(self, launch_id: str) -> Launch | None:
        """One turn; None when it could not be taken and is to be tried again."""
        self._busy.add(launch_id)
        try:
            launch = await self._tools.launches.get(launch_id)
            if launch is None or launch.stage is Stage.DONE:
                return _ended(launch)
            if launch.due > self._tools.clock.now() and not launch.cancel_asked:
                return launch
            after = await advance(launch, self._tools)
        except SaveConflict:
            self._log.info("another worker saved the launch first")
            return None
        except StoreError as error:
            self._log.error("the store failed", reason=str(error))
            return None
        except Exception:  # noqa: BLE001 - the entry point of a launch: one that fails must not end the others
            self._log.exception("a step failed in an unexpected way", correlation=secrets.token_hex(4))
            return None
        else:
            self._log.info("advanced", stage=launch.stage, next=after.stage, verdict=after.verdict)
            return after
        finally:
            self._busy.discard(launch_id)

    async def _sleep(self, launch_id: str, seconds: float) -> None:
        """Waits until the launch is due, or somebody wakes it."""
        wake = self._wakes[launch_id]
        if seconds <= 0 and not wake.is_set():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await wake.wait()
        wake.clear()


def _ended(launch: Launch | None) -> Launch | None:
    if launch is None:
        raise StoreError("The launch is gone from the store.")
    return launch
