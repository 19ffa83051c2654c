"""Who calls `advance` when several processes share one Postgres: jobs of procrastinate, a task queue.

Each unfinished launch has at most one job that waits (its queueing lock) and one at work (its lock), so that
no two processes advance one launch at the same time. A job queues the next one at its end. A process that
dies misses its heartbeats, and others clear its jobs away and queue new ones.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker

from bot.launches.context import Dependencies
from bot.launches.retention import Retention
from bot.launches.worker import PAUSE_AFTER_ERROR, LaunchWorker
from bot.models.errors import StoreError
from bot.store.engine import SERVER_PATIENCE

CONCURRENCY = 50  # turns at once in one process; they wait for the network most of the time
CONNECTIONS = 8  # of the task queue to Postgres, in one process, beside the store's own
PATIENCE = 5.0  # seconds that one query waits for a connection
DUE_LOOK = 1.0  # seconds between two looks for jobs that have come due
MOMENT = timedelta(seconds=0.2)  # a clock of Postgres that is ahead of ours must not keep us spinning
TASK = "advance"
GRACE = 1.0  # seconds that turns under way have to finish when the bot ends
TRIES = 3  # a wake against a job that is being queued at the same moment


class CalmWorker(Worker):
    """procrastinate's worker, which leaves it to asyncio to tell that a turn's end could not be written."""

    async def _persist_job_status(self, *args: Any, **kwargs: Any) -> None:
        try:
            await super()._persist_job_status(*args, **kwargs)
        except ConnectorException as error:
            # The job still counts as at work: `_left_behind` finds it when Postgres is back.
            log = structlog.get_logger("launches")
            log.warning("the end of a turn could not be written", reason=_cause(error))


class DistributedScheduler:
    """Drives launches together with every other process on the same database."""

    def __init__(self, dependencies: Dependencies, url: str) -> None:
        self._dependencies = dependencies
        self._launch_worker = LaunchWorker(dependencies)
        self._history = Retention(dependencies)
        self._heartbeat = dependencies.settings.store.heartbeat_seconds
        self._log = structlog.get_logger("launches")
        # It tells of each job and, as an error with its traceback, of each lost connection: we do that.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        self._app = App(
            connector=PsycopgConnector(
                conninfo=url,
                kwargs=dict(SERVER_PATIENCE),
                min_size=1,
                max_size=CONNECTIONS,
                timeout=PATIENCE,
                name="launches",
            )
        )
        self._app.task(name=TASK, pass_context=True)(self._advance)
        self._worker: Worker | None = None
        self._at_work: set[int | None] = set()
        self._suspects: set[int | None] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = asyncio.Event()

    async def start(self) -> int:
        """Join the work; returns how many launches are unfinished. Raise StoreError."""
        try:
            await self._app.open_async()
            await self._make_tables()
        except ConnectorException as error:
            raise StoreError(f"The task queue's tables cannot be used: {_cause(error)}") from error
        await self._history.prune()
        unfinished = await self._dependencies.launches.unfinished()
        self._spawn(self._again_and_again(self._work, PAUSE_AFTER_ERROR))
        self._spawn(self._again_and_again(self._rescue, self._heartbeat * 2))
        return len(unfinished)

    def take_up(self, launch_id: str) -> None:
        """Asks for a turn of this launch now, by whichever process is free."""
        if not self._stopping.is_set():
            self._spawn(self._wake(launch_id))

    async def stop(self, grace: float = GRACE) -> None:
        """Take no more turns, lets those under way finish for up to `grace` seconds, and leaves."""
        self._stopping.set()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        await self._app.close_async()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("a worker ended in an unexpected way", exc_info=task.exception())

    async def _make_tables(self) -> None:
        """Make the task queue's tables, once; of two processes that begin together one makes them."""
        if await self._app.check_connection_async():
            return
        try:
            await self._app.schema_manager.apply_schema_async()
        except ConnectorException:
            if not await self._app.check_connection_async():
                raise

    async def _again_and_again(self, work: Any, pause: float) -> None:
        """Do the work until the end: it must outlive every failure of Postgres."""
        while not self._stopping.is_set():
            try:
                await work()
            except (ConnectorException, StoreError) as error:
                self._log.error("the store failed", reason=_cause(error))
            except Exception:  # noqa: BLE001 - an entry point: launches must go on whatever fails here
                self._log.exception("the work on launches failed in an unexpected way")
            await self._dependencies.clock.wait(pause)

    async def _work(self) -> None:
        # Not `run_worker_async`, which does not tell the worker's id.
        self._worker = CalmWorker(
            self._app,
            concurrency=CONCURRENCY,
            install_signal_handlers=False,
            delete_jobs="always",
            fetch_job_polling_interval=min(DUE_LOOK, self._dependencies.settings.timing.poll / 2),
            update_heartbeat_interval=self._heartbeat,
            stalled_worker_timeout=self._heartbeat * 3,
            shutdown_graceful_timeout=GRACE,
        )
        await self._worker.run()  # type: ignore[no-untyped-call]  # the library left it without types

    async def _advance(self, context: JobContext, launch_id: str) -> None:
        """One job: a turn, then the next job. Where that cannot be queued, the sweep finds the launch."""
        structlog.contextvars.bind_contextvars(launch=launch_id)
        self._at_work.add(context.job.id)
        try:
            due = await self._launch_worker.run_step(launch_id)
        finally:
            self._at_work.discard(context.job.id)
        if due is not None:
            await self._defer(launch_id, at=max(due, self._dependencies.clock.now() + MOMENT))

    async def _wake(self, launch_id: str) -> None:
        """Queues a turn for now, in place of the one that waits for its time."""
        for _ in range(TRIES):
            try:
                await self._unqueue(launch_id)
            except ConnectorException as error:
                self._log.warning("a launch could not be woken", launch=launch_id, reason=_cause(error))
                return
            if await self._defer(launch_id, at=None):
                return

    async def _unqueue(self, launch_id: str) -> None:
        manager = self._app.job_manager
        for job in await manager.list_jobs_async(lock=launch_id, status=Status.TODO.value):
            if job.id is not None:
                await manager.cancel_job_by_id_async(job.id, delete_job=True)

    async def _defer(self, launch_id: str, *, at: datetime | None) -> bool:
        """Queues a turn, at a time or (None) at once; False when one is queued already, or none could be."""
        job = self._app.configure_task(
            TASK,
            lock=launch_id,
            queueing_lock=launch_id,
            schedule_at=at.astimezone(UTC) if at is not None else None,
        )
        try:
            await job.defer_async(launch_id=launch_id)
        except AlreadyEnqueued:
            return False
        except ConnectorException as error:
            self._log.warning("a turn could not be queued", launch=launch_id, reason=_cause(error))
            return False
        return True

    async def _rescue(self) -> None:
        """Clear away jobs that nobody works on, and queues a turn for each launch that is overdue."""
        await self._history.prune()
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._heartbeat * 3):
            self._log.warning("a launch was rescued from a dead process", launch=_launch_of(job))
            await self._give_back(job)
        for job in await self._left_behind():
            self._log.warning("a launch was rescued from a lost answer of the store", launch=_launch_of(job))
            await self._give_back(job)
        now = self._dependencies.clock.now()
        for launch in await self._dependencies.launches.unfinished():
            # A process may die, or Postgres go away, between storing a launch and queueing its turn; a
            # terminal, which has no channel, queues none at all.
            late = timedelta(seconds=self._heartbeat if launch.channel_id else 0)
            if launch.due <= now - late:
                await self._defer(launch.launch_id, at=None)

    async def _left_behind(self) -> list[Job]:
        """Jobs that the queue gives to this process, at two looks in a row, and that it does not work on.

        Postgres went away between a job's end and the word of it, or between the word of its begin and us.
        """
        if self._worker is None or self._worker.worker_id is None:
            return []
        given = await self._app.job_manager.list_jobs_async(
            status=Status.DOING.value, worker_id=self._worker.worker_id
        )
        before, self._suspects = self._suspects, {job.id for job in given} - self._at_work
        return [job for job in given if job.id in self._suspects & before]

    async def _give_back(self, job: Job) -> None:
        await self._app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        await self._defer(_launch_of(job), at=None)


def _launch_of(job: Job) -> str:
    return str(job.task_kwargs.get("launch_id"))


def _cause(error: Exception) -> str:
    """Return what Postgres said, in one line."""
    said = str(error.__cause__ or error).strip()
    return said.splitlines()[0] if said else type(error.__cause__ or error).__name__
