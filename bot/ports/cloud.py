"""Ports to Google Cloud and W&B.

Every asynchronous method raises `bot.models.errors.ServiceError` on failure, within its deadline in seconds
(`timing.call` of the settings where none is given). Implementations retry reads, never effects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.models.cloud import Build, CustomJob, Execution, LogEntry, QueueItem, Run
from bot.models.diagnosis import Source


class Runners(Protocol):
    """Cloud Run: executions of the configured job."""

    async def list_executions(self, region: str, *, deadline: float) -> tuple[Execution, ...]:
        """Return the executions of the runner job in a region, newest first; empty without such a job."""
        ...

    async def get_execution(self, resource: str) -> Execution:
        """Return one execution by its full resource name."""
        ...

    async def start(self, *, region: str, launch_id: str) -> Execution:
        """Start one execution with LAUNCH_ID in its environment. Never retried."""
        ...

    async def cancel(self, resource: str) -> None:
        """Request the cancellation of an execution."""
        ...


class Jobs(Protocol):
    """Vertex AI custom jobs, without their job specs, which may hold keys."""

    async def list_jobs(
        self, region: str, *, created_after: datetime | None, deadline: float, and_active: bool = False
    ) -> tuple[CustomJob, ...]:
        """Return the custom jobs of a region, all pages, newest first.

        With `and_active`, jobs that have not ended are included, however old they are.
        """
        ...

    async def get_job(self, resource: str) -> CustomJob:
        """Return one custom job by its full resource name."""
        ...

    async def cancel(self, resource: str) -> None:
        """Request the cancellation of a custom job."""
        ...


class Builds(Protocol):
    """Cloud Build builds."""

    async def list_active(self, region: str, *, deadline: float) -> tuple[Build, ...]:
        """Return all pending, queued and working builds of a location, newest first."""
        ...

    async def list_recent(self, region: str, *, limit: int, deadline: float) -> tuple[Build, ...]:
        """Return the newest builds of a location, of any status."""
        ...

    async def cancel(self, build_id: str, region: str) -> None:
        """Request the cancellation of a build."""
        ...


@dataclass(frozen=True, slots=True)
class LogScope:
    """Selects log entries by owner (execution names, job ids or build ids) and time range."""

    source: Source
    owners: tuple[str, ...]
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries in the requested order, and the cursor of the next page ("" at the end)."""

    entries: tuple[LogEntry, ...]
    cursor: str = ""


class Logs(Protocol):
    """Cloud Logging, behind one shared rate limit."""

    async def read(
        self, scope: LogScope, *, newest_first: bool, limit: int, cursor: str = "", deadline: float
    ) -> LogPage:
        """Read one page of at most 1,000 entries; it costs one unit of the quota of 60 reads a minute.

        Raise ServiceError with EXHAUSTED when our rate limit leaves no read within `deadline` seconds.
        """
        ...

    def console_url(self, scope: LogScope) -> str:
        """Return a URL that opens the Logs Explorer on this scope."""
        ...


@dataclass(frozen=True, slots=True)
class NewItem:
    """A queue item to create; `resource_args` is the JSON text of the Vertex AI arguments."""

    run_id: str
    name: str
    author: str
    queue: str
    image: str
    entry_point: tuple[str, ...]
    args: tuple[str, ...]
    resource_args: str


class Tracker(Protocol):
    """W&B: the queue through GraphQL without retries, the runs through the `wandb` client."""

    async def enqueue(self, item: NewItem) -> str:
        """Create a queue item with a single request and return its id; an unclear response raises."""
        ...

    async def list_items(self, queue: str, *, deadline: float) -> tuple[QueueItem, ...]:
        """Return the unfinished items of a queue."""
        ...

    async def remove_item(self, item_id: str, queue: str) -> bool:
        """Remove an item from the queue; return False if it was already gone."""
        ...

    def run_url(self, run_id: str) -> str:
        """Return the URL of a run's page; "" while unknown, shortly after start-up. Never blocks."""
        ...

    async def find_run(self, run_id: str) -> Run | None:
        """Return the run with this id, or None."""
        ...

    async def list_active(self, *, deadline: float) -> tuple[Run, ...]:
        """Return all active runs, newest first."""
        ...

    async def list_completed(self, *, limit: int, deadline: float) -> tuple[Run, ...]:
        """Return the runs that ended, newest first."""
        ...

    async def final_metrics(self, run_id: str, keys: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return up to five summary metrics of a run: `keys` first, then its other last logged values."""
        ...

    async def history(self, run_id: str, key: str, *, samples: int) -> tuple[tuple[float, float], ...]:
        """Return sampled (step, value) pairs of one metric."""
        ...

    async def stop_run(self, run_id: str) -> bool:
        """Request that a run stops; return False if there is no such run."""
        ...
