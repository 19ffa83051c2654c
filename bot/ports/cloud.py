"""What the core asks of Google Cloud and W&B.

Every method raises `bot.models.errors.ServiceError` when its system fails, within its deadline (seconds; the
settings' `timing.call` where none is given); reads are retried inside, effects never.
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
        """Return executions of the runner job in a region, newest first; empty also where the job does not exist."""
        ...

    async def get_execution(self, resource: str) -> Execution:
        """One execution by its full name."""
        ...

    async def start(self, *, region: str, launch_id: str) -> Execution:
        """Start one execution with LAUNCH_ID in its environment. Never retried here."""
        ...

    async def cancel(self, resource: str) -> None:
        """Asks Cloud Run to cancel an execution."""
        ...


class Jobs(Protocol):
    """Vertex AI custom jobs, without their job specs (those hold keys)."""

    async def list_jobs(
        self, region: str, *, created_after: datetime | None, deadline: float, and_active: bool = False
    ) -> tuple[CustomJob, ...]:
        """Return custom jobs of a region, all pages, newest first.

        With `and_active`, those that have not ended come too, however old they are.
        """
        ...

    async def get_job(self, resource: str) -> CustomJob:
        """One custom job by its full name."""
        ...

    async def cancel(self, resource: str) -> None:
        """Asks Vertex AI to cancel a job."""
        ...


class Builds(Protocol):
    """Cloud Build builds."""

    async def list_active(self, region: str, *, deadline: float) -> tuple[Build, ...]:
        """All builds of a location that are pending, queued or working, newest first."""
        ...

    async def list_recent(self, region: str, *, limit: int, deadline: float) -> tuple[Build, ...]:
        """Return the newest builds of a location, of every status."""
        ...

    async def cancel(self, build_id: str, region: str) -> None:
        """Asks Cloud Build to cancel a build."""
        ...


@dataclass(frozen=True, slots=True)
class LogScope:
    """Whose log: entries of these owners (execution names, job ids or build ids) since a time."""

    source: Source
    owners: tuple[str, ...]
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries in the order asked for, and the cursor of the next page ("" at the end)."""

    entries: tuple[LogEntry, ...]
    cursor: str = ""


class Logs(Protocol):
    """Cloud Logging, behind the one budget of reads."""

    async def read(
        self, scope: LogScope, *, newest_first: bool, limit: int, cursor: str = "", deadline: float
    ) -> LogPage:
        """One read (one unit of the quota of 60 a minute) of at most 1,000 entries.

        Raise ServiceError with EXHAUSTED when our own budget is spent before `deadline` seconds.
        """
        ...

    def console_url(self, scope: LogScope) -> str:
        """Return a link to the Logs Explorer that opens on this scope."""
        ...


@dataclass(frozen=True, slots=True)
class NewItem:
    """What to put into the queue; `resource_args` is the JSON text of the Vertex AI arguments."""

    run_id: str
    name: str
    author: str
    queue: str
    image: str
    entry_point: tuple[str, ...]
    args: tuple[str, ...]
    resource_args: str


class Tracker(Protocol):
    """W&B: the queue by single-shot GraphQL, the runs by the `wandb` client."""

    async def enqueue(self, item: NewItem) -> str:
        """Put an item into the queue once and returns its id; an unclear answer raises."""
        ...

    async def list_items(self, queue: str, *, deadline: float) -> tuple[QueueItem, ...]:
        """Return the items of a queue that are not done."""
        ...

    async def remove_item(self, item_id: str, queue: str) -> bool:
        """Take an item out of the queue; False when it was not there any more."""
        ...

    def run_url(self, run_id: str) -> str:
        """Return the address of a run's page; "" while it is not known, moments after the start. Never waits."""
        ...

    async def find_run(self, run_id: str) -> Run | None:
        """One run by id, None when W&B knows of none."""
        ...

    async def list_active(self, *, deadline: float) -> tuple[Run, ...]:
        """All runs at work, newest first."""
        ...

    async def list_completed(self, *, limit: int, deadline: float) -> tuple[Run, ...]:
        """Return the newest ended runs."""
        ...

    async def final_metrics(self, run_id: str, keys: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Up to five summary metrics of a run: `keys` first, then what it logged last."""
        ...

    async def history(self, run_id: str, key: str, *, samples: int) -> tuple[tuple[float, float], ...]:
        """(step, value) pairs of one metric, sampled."""
        ...

    async def stop_run(self, run_id: str) -> bool:
        """Asks W&B to stop a run; False when it knows of none."""
        ...
