"""The scheduler of several processes on one Postgres database, built on the procrastinate task queue.

Each unfinished launch has at most one waiting job (queueing lock) and one running job (lock), so that only
one process at a time advances a launch. Each job queues its successor. When a process dies, its heartbeats
stop; other processes then delete its jobs and queue new ones.
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
from bot.store.engine import SERVER_TIMEOUTS

CONCURRENCY = 50  # concurrent steps in one process; they mostly wait for the network
CONNECTIONS = 8  # Postgres connections of the task queue in one process, in addition to the store's
CONNECTION_TIMEOUT = 5.0  # seconds that a query waits for a free connection
POLL_INTERVAL = 1.0  # seconds between two polls for due jobs
MIN_DELAY = timedelta(seconds=0.2)  # prevents a busy loop when the clock of Postgres is ahead
TASK = "advance"
GRACE = 1.0  # seconds that running steps have to finish at shutdown
TRIES = 3  # attempts of a wake that competes with a job queued concurrently


class ResilientWorker(Worker):
    """A procrastinate worker that logs, instead of raising, when a job's end cannot be saved."""

    async def _persist_job_status(self, *args: Any, **kwargs: Any) -> None:
        try:
            await super()._persist_job_status(*args, **kwargs)
        except ConnectorException as error:
            # The job stays marked as running: `_abandoned_jobs` finds it when Postgres is available again.
            log = structlog.get_logger("launches")
            log.warning("the end of a job could not be saved", reason=_cause(error))


class DistributedScheduler:
    """Runs launches together with all other processes on the same database."""

    def __init__(self, dependencies: Dependencies, url: str) -> None:
        self._dependencies = dependencies
        self._launch_worker = LaunchWorker(dependencies)
        self._retention = Retention(dependencies)
        self._heartbeat = dependencies.settings.store.heartbeat_seconds
        self._log = structlog.get_logger("launches")
        # These libraries log every job, and every lost connection with a traceback; this class logs errors.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        self._app = App(
            connector=PsycopgConnector(
                conninfo=url,
                kwargs=dict(SERVER_TIMEOUTS),
                min_size=1,
                max_size=CONNECTIONS,
                timeout=CONNECTION_TIMEOUT,
                name="launches",
            )
        )
        self._app.task(name=TASK, pass_context=True)(self._advance)
        self._worker: Worker | None = None
        self._running: set[int | None] = set()
        self._suspects: set[int | None] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = asyncio.Event()

    async def start(self) -> int:
        """Start the worker and return the number of unfinished launches. Raise StoreError."""
        try:
            await self._app.open_async()
            await self._make_tables()
        except ConnectorException as error:
            raise StoreError(f"The task queue's tables cannot be used: {_cause(error)}") from error
        await self._retention.prune()
        unfinished = await self._dependencies.launches.unfinished()
        self._spawn(self._repeat(self._work, PAUSE_AFTER_ERROR))
        self._spawn(self._repeat(self._rescue, self._heartbeat * 2))
        return len(unfinished)

    def wake(self, launch_id: str) -> None:
        """Queue the next step of a launch now; any process may run it."""
        if not self._stopping.is_set():
            self._spawn(self._requeue_now(launch_id))

    async def stop(self, grace: float = GRACE) -> None:
        """Start no more steps, wait up to `grace` seconds for running ones, and disconnect."""
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
        task.add_done_callback(self._on_task_done)

    def _on_task_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("a background task raised an unexpected exception", exc_info=task.exception())

    async def _make_tables(self) -> None:
        """Create the tables of the task queue unless they exist; safe in concurrent processes."""
        if await self._app.check_connection_async():
            return
        try:
            await self._app.schema_manager.apply_schema_async()
        except ConnectorException:
            if not await self._app.check_connection_async():
                raise

    async def _repeat(self, work: Any, pause: float) -> None:
        """Repeat the work until shutdown; it survives every failure of Postgres."""
        while not self._stopping.is_set():
            try:
                await work()
            except (ConnectorException, StoreError) as error:
                self._log.error("the store failed", reason=_cause(error))
            except Exception:  # noqa: BLE001 - an entry point: launches must continue after any failure
                self._log.exception("background work raised an unexpected exception")
            await self._dependencies.clock.wait(pause)

    async def _work(self) -> None:
        # Not `run_worker_async`: it does not expose the worker's id.
        self._worker = ResilientWorker(
            self._app,
            concurrency=CONCURRENCY,
            install_signal_handlers=False,
            delete_jobs="always",
            fetch_job_polling_interval=min(POLL_INTERVAL, self._dependencies.settings.timing.poll / 2),
            update_heartbeat_interval=self._heartbeat,
            stalled_worker_timeout=self._heartbeat * 3,
            shutdown_graceful_timeout=GRACE,
        )
        await self._worker.run()  # type: ignore[no-untyped-call]  # untyped in the library

    async def _advance(self, context: JobContext, launch_id: str) -> None:
        """Run one step, then queue the next job. If queueing fails, `_rescue` finds the launch."""
        structlog.contextvars.bind_contextvars(launch=launch_id)
        self._running.add(context.job.id)
        try:
            due = await self._launch_worker.run_step(launch_id)
        finally:
            self._running.discard(context.job.id)
        if due is not None:
            await self._defer(launch_id, at=max(due, self._dependencies.clock.now() + MIN_DELAY))

    async def _requeue_now(self, launch_id: str) -> None:
        """Replace the waiting job of a launch by one that is due now."""
        for _ in range(TRIES):
            try:
                await self._delete_waiting_jobs(launch_id)
            except ConnectorException as error:
                self._log.warning("a launch could not be woken", launch=launch_id, reason=_cause(error))
                return
            if await self._defer(launch_id, at=None):
                return

    async def _delete_waiting_jobs(self, launch_id: str) -> None:
        manager = self._app.job_manager
        for job in await manager.list_jobs_async(lock=launch_id, status=Status.TODO.value):
            if job.id is not None:
                await manager.cancel_job_by_id_async(job.id, delete_job=True)

    async def _defer(self, launch_id: str, *, at: datetime | None) -> bool:
        """Queue a job due at a time, or now (None); return False if one is queued already, or on failure."""
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
            self._log.warning("a job could not be queued", launch=launch_id, reason=_cause(error))
            return False
        return True

    async def _rescue(self) -> None:
        """Replace the jobs of dead processes, and queue a job for each overdue launch."""
        await self._retention.prune()
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._heartbeat * 3):
            self._log.warning("a launch was rescued from a dead process", launch=_launch_of(job))
            await self._replace_job(job)
        for job in await self._abandoned_jobs():
            self._log.warning(
                "a launch was rescued after a lost response of the store", launch=_launch_of(job)
            )
            await self._replace_job(job)
        now = self._dependencies.clock.now()
        for launch in await self._dependencies.launches.unfinished():
            # A process may die, or Postgres become unavailable, between storing a launch and queueing its
            # job; the CLI (no channel) queues none.
            grace = timedelta(seconds=self._heartbeat if launch.channel_id else 0)
            if launch.due <= now - grace:
                await self._defer(launch.launch_id, at=None)

    async def _abandoned_jobs(self) -> list[Job]:
        """Return jobs assigned to this process that it was not running at two checks in a row.

        Postgres was unavailable when the job's end was saved, or when the assignment was returned.
        """
        if self._worker is None or self._worker.worker_id is None:
            return []
        assigned = await self._app.job_manager.list_jobs_async(
            status=Status.DOING.value, worker_id=self._worker.worker_id
        )
        previous, self._suspects = self._suspects, {job.id for job in assigned} - self._running
        return [job for job in assigned if job.id in self._suspects & previous]

    async def _replace_job(self, job: Job) -> None:
        await self._app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        await self._defer(_launch_of(job), at=None)


def _launch_of(job: Job) -> str:
    return str(job.task_kwargs.get("launch_id"))


def _cause(error: Exception) -> str:
    """Return the first line of the error message from Postgres."""
    message = str(error.__cause__ or error).strip()
    return message.splitlines()[0] if message else type(error.__cause__ or error).__name__
