"""A launch: one request to train, and everything known of it. Its id is the W&B run id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.models.cloud import ExecutionStatus, JobState, QueueItemState
from bot.models.cost import Cost
from bot.models.diagnosis import Diagnosis


class Stage(StrEnum):
    """What `advance` does next for a launch."""

    ANNOUNCE = "announce"
    QUEUE = "queue"
    RUNNER = "runner"
    WAIT = "wait"
    FOLLOW = "follow"
    DIAGNOSE = "diagnose"
    REPORT = "report"
    DONE = "done"


class Verdict(StrEnum):
    """What the card says of a launch as a whole."""

    OPEN = "open"
    SUBMITTED = "submitted"
    TIMED_OUT = "timed_out"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    REFUSED = "refused"


class FailureKind(StrEnum):
    """Which of the known ends a failed launch met."""

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
    """A posted message; `url` is its permalink, or empty."""

    channel: str
    ts: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class RunnerUse:
    """A runner of this launch: None for `intended` until it is to be started, `resource` once known.

    `reused` means that it was alive already. `why` says why a further one is wanted.
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
    """This launch's custom job, as last seen; `first_seen` is by our clock, `created` by Vertex AI's."""

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
    """Why a launch failed, in our words (`sentence`), with the log's diagnosis when one was read.

    `reading` is True while the log is being read; `unread` says why it could not be.
    """

    kind: FailureKind
    sentence: str
    diagnosis: Diagnosis | None = None
    reading: bool = False
    unread: str = ""
    log_url: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """One metric of the run over its steps, sampled: (step, value) pairs, oldest first."""

    key: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch. Stamps named `*_intended` were written before an effect, the others after it.

    `due` is when `advance` is next wanted, `deadline` when the wait for the job ends, `limit_seconds`
    the length of that wait. `version` fences saves. `trouble` is the sentence of a step that is being
    retried, `attempts` counts its tries, `misses` the looks in a row that found nothing. `ended` is when
    the outcome was known. `item_since` is when its item was first seen in its state. `withdrawn` is since
    when its item is known to be no agent's to take: taken out of the queue, failed, or not there. `expires`
    is when an item that is still pending is taken out of the queue. `cost` is what people were told that it
    may cost; None for a launch of an older bot.
    `team_id` and `user_id` are Slack's; a launch from a terminal has an empty channel.
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
        """The runner in use now, if any."""
        return self.runners[-1] if self.runners else None
