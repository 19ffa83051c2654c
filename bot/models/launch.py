"""The launch: one request to train, with its state. Its id is also the W&B run id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.models.cloud import ExecutionStatus, JobState, QueueItemState
from bot.models.cost import Cost
from bot.models.diagnosis import Diagnosis


class Stage(StrEnum):
    """The step that `advance` runs next for a launch."""

    ANNOUNCE = "announce"
    QUEUE = "queue"
    RUNNER = "runner"
    WAIT = "wait"
    FOLLOW = "follow"
    DIAGNOSE = "diagnose"
    REPORT = "report"
    DONE = "done"


class Verdict(StrEnum):
    """The overall result of a launch, as shown on its card."""

    OPEN = "open"
    SUBMITTED = "submitted"
    TIMED_OUT = "timed_out"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    REFUSED = "refused"


class FailureKind(StrEnum):
    """How a launch failed."""

    NOT_STARTED = "not_started"
    NOT_QUEUED = "not_queued"
    QUEUE_EXPIRED = "queue_expired"
    NO_RUNNER = "no_runner"
    ITEM_FAILED = "item_failed"
    RUNNERS_DIED = "runners_died"
    LOST_AFTER_CLAIM = "lost_after_claim"
    JOB_FAILED = "job_failed"
    JOB_CANCELLED = "job_cancelled"
    JOB_EXPIRED = "job_expired"


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A posted Slack message; `url` is its permalink, or empty."""

    channel: str
    ts: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class RunnerUse:
    """A runner used by a launch.

    `intended` is when its start was decided, `resource` its full name once known. `reused` means that it was
    active before. `why` is the reason for starting another runner.
    """

    intended: datetime | None = None
    reused: bool = False
    resource: str = ""
    name: str = ""
    region: str = ""
    since: datetime | None = None
    status: ExecutionStatus = ExecutionStatus.UNKNOWN
    url: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class JobSeen:
    """The custom job as last observed; `first_seen` is by our clock, the other times by Vertex AI's."""

    resource: str
    job_id: str
    state: JobState
    first_seen: datetime
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    error: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a launch failed: a `sentence` for the user, and the diagnosis of the log once it was read.

    `reading` is True while the log is being read; `unread` says why it could not be read.
    """

    kind: FailureKind
    sentence: str
    diagnosis: Diagnosis | None = None
    reading: bool = False
    unread: str = ""
    log_url: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """Sampled (step, value) pairs of one metric of the run, oldest first."""

    key: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch. Fields named `*_intended` are saved before an effect, the others after it.

    - `due`: when `advance` runs the next step. `version`: optimistic lock of saves.
    - `deadline`: when the wait for the job ends; `limit_seconds`: the length of that wait.
    - `trouble`: a sentence about the step being retried; `attempts`: its failed attempts so far.
    - `misses`: consecutive checks that found nothing.
    - `item_since`: when the item was first seen in its current state.
    - `withdrawn`: since when no agent can take the item: removed from the queue, failed, or absent.
    - `expires`: when an item that is still pending is removed from the queue.
    - `cost`: the estimate shown to the user; None for launches stored by an older version.
    - `ended`: when the outcome was known.
    - `team_id`, `channel_id`, `user_id`: Slack's ids; a launch from the CLI has no channel.
    """

    launch_id: str
    trigger_id: str
    team_id: str
    channel_id: str
    user_id: str
    user_name: str
    text: str
    preset: str
    overrides: tuple[tuple[str, str], ...]
    name: str
    queue: str
    region: str
    created: datetime
    due: datetime
    limit_seconds: float
    stage: Stage = Stage.ANNOUNCE
    verdict: Verdict = Verdict.OPEN
    version: int = 0
    card: MessageRef | None = None
    card_intended: datetime | None = None
    item_intended: datetime | None = None
    item_id: str = ""
    item_state: QueueItemState | None = None
    item_since: datetime | None = None
    queued: datetime | None = None
    runners: tuple[RunnerUse, ...] = ()
    deadline: datetime | None = None
    misses: int = 0
    job: JobSeen | None = None
    run_url: str = ""
    failure: Failure | None = None
    trouble: str = ""
    attempts: int = 0
    cancel_by: str = ""
    cancel_asked: datetime | None = None
    reply_intended: datetime | None = None
    reply: MessageRef | None = None
    metrics: tuple[tuple[str, float], ...] = ()
    curve: Curve | None = None
    withdrawn: datetime | None = None
    expires: datetime | None = None
    cost: Cost | None = None
    ended: datetime | None = None

    @property
    def runner(self) -> RunnerUse | None:
        """The current runner, if any."""
        return self.runners[-1] if self.runners else None
