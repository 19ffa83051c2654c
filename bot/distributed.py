"""Who calls `advance` when several processes share one Postgres: jobs of procrastinate, a task queue.

Each unfinished launch has one job waiting that defers itself anew after each turn. A job holds its launch's
lock, so that no two processes advance one launch at the same time; a process that dies misses its
heartbeats, and others rescue its jobs.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from bot.launches.driver import Driver
from bot.launches.scheduler import PAUSE_AFTER_ERROR
from bot.launches.turn import Tools
from bot.models.launch import Stage

CONCURRENCY = 50  # turns at once in one process; they wait for the network most of the time
TASK = "advance"


class DistributedScheduler:
    """Drives launches together with every other process on the same database."""

    def __init__(self, tools: Tools, url: str) -> None:
        self._tools = tools
        self._driver = Driver(tools)
        self._heartbeat = tools.settings.store.heartbeat_seconds
        self._log = structlog.get_logger("launches")
        self._app = App(connector=PsycopgConnector(conninfo=url))
        self._app.task(name=TASK)(self._advance)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False

    async def start(self) -> int:
        """Joins the work; returns how many launches are unfinished. Raises StoreError."""
        await self._app.open_async()
        await self._make_tables()
        keep = timedelta(days=self._tools.settings.store.keep_days)
        await self._tools.launches.prune(before=self._tools.clock.now() - keep)
        unfinished = await self._tools.launches.unfinished()
        self._spawn(self._work())
        self._spawn(self._rescue())
        return len(unfinished)

    def take_up(self, launch_id: str) -> None:
        """Asks for a turn of this launch now, by whichever process is free."""
        if not self._stopping:
            self._spawn(self._defer(launch_id, at=None))

    async def stop(self, grace: float = 8.0) -> None:
        """Takes no more turns, lets those under way finish for up to `grace` seconds, and leaves."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        await self._app.close_async()

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("a worker ended in an unexpected way", exc_info=task.exception())

    async def _make_tables(self) -> None:
        """Makes the task queue's tables, once; of two processes that begin together one makes them."""
        if not await self._app.check_connection_async():
            try:
                await self._app.schema_manager.apply_schema_async()
            except ConnectorException:
                if not await self._app.check_connection_async():
                    raise

    async def _work(self) -> None:
        while not self._stopping:
            try:
                await self._app.run_worker_async(
                    concurrency=CONCURRENCY,
                    install_signal_handlers=False,
                    delete_jobs="always",
                    fetch_job_polling_interval=max(0.5, self._heartbeat / 2),
                    update_heartbeat_interval=self._heartbeat,
                    stalled_worker_timeout=self._heartbeat * 3,
                    shutdown_graceful_timeout=5.0,
                )
            except ConnectorException as error:
                self._log.error("the store failed", reason=str(error))
                await self._tools.clock.wait(PAUSE_AFTER_ERROR)

    async def _advance(self, launch_id: str) -> None:
        """One job: a turn, then the next job. A store that fails now is found again by the sweep."""
        structlog.contextvars.bind_contextvars(launch=launch_id)
        launch = await self._driver.turn(launch_id)
        if launch is None:
            pause = timedelta(seconds=PAUSE_AFTER_ERROR)
            await self._defer(launch_id, at=self._tools.clock.now() + pause)
        elif launch.stage is not Stage.DONE:
            await self._defer(launch_id, at=launch.due)

    async def _defer(self, launch_id: str, *, at: datetime | None) -> None:
        """Queues a turn, at a time or (None) at once; of the same time only one waits for a launch."""
        when = "now" if at is None else at.isoformat()
        job = self._app.configure_task(
            TASK,
            lock=launch_id,
            queueing_lock=f"{launch_id} {when}",
            schedule_at=max(at, datetime.now(UTC)) if at is not None else None,
        )
        try:
            await job.defer_async(launch_id=launch_id)
        except AlreadyEnqueued:
            return
        except ConnectorException as error:
            self._log.warning("a turn could not be queued", launch=launch_id, reason=str(error))

    async def _rescue(self) -> None:
        """Again and again: jobs of dead processes are given back, launches without a job get one."""
        while not self._stopping:
            try:
                await self._give_back()
                await self._sweep()
            except Exception:  # noqa: BLE001 - the rescuer must outlive every failure of the store
                self._log.exception("the rescue of launches failed")
            await self._tools.clock.wait(self._heartbeat * 2)

    async def _give_back(self) -> None:
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._heartbeat * 3):
            self._log.warning(
                "a launch was rescued from a dead process", launch=job.task_kwargs.get("launch_id")
            )
            await manager.retry_job(job)

    async def _sweep(self) -> None:
        """A process may die between storing a launch and queueing its first turn."""
        overdue = self._tools.clock.now() - timedelta(seconds=self._heartbeat)
        for launch in await self._tools.launches.unfinished():
            if launch.due <= overdue:
                await self._defer(launch.launch_id, at=None)
