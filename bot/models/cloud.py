"""Resources of external systems: executions, custom jobs, builds, runs, queue items, log entries.

All times are timezone-aware, in UTC, as reported by the system; None means not reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ExecutionStatus(StrEnum):
    """State of a Cloud Run job execution, from its counts and its condition `Completed`."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Execution:
    """A runner: one execution of the Cloud Run job that runs the W&B Launch agent.

    `resource` is the full name, `name` its last part. `queue`, `entity` and `max_jobs` are read from
    the agent's arguments (`max_jobs` is -1 for "no limit", 1 by the agent's own default), `launch_id`
    from the LAUNCH_ID variable of the overrides. `time_limit` counts per attempt, in seconds.
    """

    resource: str
    name: str
    region: str
    status: ExecutionStatus
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    queue: str = ""
    entity: str = ""
    max_jobs: int = 1
    launch_id: str = ""
    time_limit: float | None = None
    retries: int = 0
    reason: str = ""
    url: str = ""

    @property
    def active(self) -> bool:
        """True if it may still take queue items."""
        return self.status in (ExecutionStatus.PENDING, ExecutionStatus.RUNNING)


class JobState(StrEnum):
    """State of a Vertex AI custom job, without the API's prefix."""

    QUEUED = "queued"
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    EXPIRED = "expired"
    UPDATING = "updating"
    PARTIALLY_SUCCEEDED = "partially_succeeded"
    UNKNOWN = "unknown"


ENDED_JOB_STATES = frozenset(
    {
        JobState.SUCCEEDED,
        JobState.FAILED,
        JobState.CANCELLED,
        JobState.EXPIRED,
        JobState.PARTIALLY_SUCCEEDED,
    },
)


@dataclass(frozen=True, slots=True)
class CustomJob:
    """A Vertex AI custom job; `run_id` is its label `wandb-run-id`, or empty. `error` is safe to show."""

    resource: str
    job_id: str
    display_name: str
    region: str
    state: JobState
    run_id: str = ""
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    error: str = ""
    url: str = ""

    @property
    def active(self) -> bool:
        """True if it is not known to have ended."""
        return self.state not in ENDED_JOB_STATES


class BuildStatus(StrEnum):
    """Status of a Cloud Build build."""

    PENDING = "pending"
    QUEUED = "queued"
    WORKING = "working"
    SUCCESS = "success"
    FAILURE = "failure"
    INTERNAL_ERROR = "internal_error"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


ACTIVE_BUILD_STATUSES = frozenset({BuildStatus.PENDING, BuildStatus.QUEUED, BuildStatus.WORKING})


@dataclass(frozen=True, slots=True)
class Build:
    """A Cloud Build build; `logs_readable` is False if its log is only in Cloud Storage."""

    build_id: str
    region: str
    status: BuildStatus
    image: str = ""
    steps_done: int = 0
    steps_total: int = 0
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    detail: str = ""
    url: str = ""
    logs_readable: bool = True

    @property
    def active(self) -> bool:
        """True if it is pending, queued or working."""
        return self.status in ACTIVE_BUILD_STATUSES


class RunState(StrEnum):
    """State of a W&B run; queue items without a run appear as pending, leased or claimed."""

    PENDING = "pending"
    LEASED = "leased"
    CLAIMED = "claimed"
    RUNNING = "running"
    PREEMPTING = "preempting"
    PREEMPTED = "preempted"
    FINISHED = "finished"
    FAILED = "failed"
    CRASHED = "crashed"
    KILLED = "killed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Run:
    """A W&B run; `runtime` in seconds, as W&B measured it."""

    run_id: str
    name: str
    state: RunState
    by: str = ""
    created: datetime | None = None
    heartbeat: datetime | None = None
    runtime: float | None = None
    url: str = ""


class QueueItemState(StrEnum):
    """State of an item of a W&B Launch queue."""

    PENDING = "pending"
    LEASED = "leased"
    CLAIMED = "claimed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A queue item; `run_id` is the one set in its spec by us, `error` is W&B's, safe to show."""

    item_id: str
    state: QueueItemState
    queue: str
    run_id: str = ""
    name: str = ""
    author: str = ""
    created: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of Cloud Logging, as written: *not* redacted.

    `owner` is the name of the execution, or the id of the custom job or build, that wrote it.
    """

    insert_id: str
    at: datetime
    severity: str
    text: str
    owner: str = ""
