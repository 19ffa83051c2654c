"""The objects of the sandbox's world: the state of Google Cloud and W&B.

The state is mutable and shared by all stand-ins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class SimExecution:
    """A Cloud Run job execution. `state` is pending, running, succeeded, failed or cancelled."""

    name: str  # short, such as vertex-ai-launcher-kbflt
    job: str
    region: str
    state: str
    created: datetime
    args: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    started: datetime | None = None
    ended: datetime | None = None
    timeout_seconds: int = 14_400  # of one attempt
    max_retries: int = 0
    retries: int = 0
    exit_code: int | None = None
    message: str = ""  # of the condition `Completed`
    scripted: bool = False  # defined by a scenario: no agent runs in it


@dataclass(slots=True)
class SimJob:
    """A Vertex AI custom job. `state` is a JobState name without its prefix, such as RUNNING."""

    job_id: str  # digits
    region: str
    display_name: str
    state: str
    created: datetime
    labels: dict[str, str] = field(default_factory=dict)
    started: datetime | None = None
    ended: datetime | None = None
    error_code: int = 0
    error: str = ""
    image: str = ""
    machine_type: str = ""
    env: dict[str, str] = field(default_factory=dict)  # holds WANDB_API_KEY, as the real one does


@dataclass(slots=True)
class SimBuild:
    """A Cloud Build build. `status` is a Build.Status name; `region` may be `global`."""

    build_id: str
    region: str
    status: str
    image: str
    created: datetime
    steps_total: int = 1
    steps_done: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    failure: str = ""
    log_in_gcs_only: bool = False


@dataclass(slots=True)
class SimRun:
    """A W&B run. `state` is W&B's name, such as running or finished."""

    run_id: str
    name: str
    state: str
    user: str
    created: datetime
    heartbeat: datetime
    config: dict[str, object] = field(default_factory=dict)
    summary: dict[str, float] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    project: str = ""  # empty: the world's own W&B project
    stop_requested: bool = False


@dataclass(slots=True)
class SimQueue:
    """A W&B Launch queue. `resource_args` is the template for items without their own."""

    queue_id: str
    name: str
    entity: str
    resource: str = "gcp-vertex"
    resource_args: dict[str, object] = field(default_factory=dict)
    access: str = "PROJECT"
    created_by: str = ""


@dataclass(slots=True)
class SimAgent:
    """A W&B Launch agent registered over GraphQL (the sandbox's own runners are not)."""

    agent_id: str
    name: str
    queue_ids: tuple[str, ...]
    hostname: str
    heartbeat: datetime
    status: str = "POLLING"
    stop_polling: bool = False


@dataclass(slots=True)
class SimQueueItem:
    """An item of a W&B Launch queue: PENDING, LEASED, CLAIMED or FAILED; `removed` items are gone."""

    item_id: str
    queue: str
    spec: dict[str, object]
    state: str
    created: datetime
    leased_by: str = ""
    leased_at: datetime | None = None
    associated_run_id: str = ""
    error: str = ""
    removed: bool = False


@dataclass(slots=True)
class SimLogEntry:
    """A Cloud Logging entry, visible from `visible` on (ingestion delay).

    `resource_type` is cloud_run_job, ml_job or build. Exactly one of `text`, `json` and `proto` is set, or
    none (empty payload).
    """

    insert_id: str
    at: datetime
    visible: datetime
    resource_type: str
    resource_labels: dict[str, str]
    labels: dict[str, str]
    severity: str = "DEFAULT"
    text: str | None = None
    json: dict[str, object] | None = None
    proto: str | None = None


@dataclass(slots=True)
class Fault:
    """A fault of one service in one region ("*" for all), for its next `times` calls (-1: forever).

    `service` is run, aiplatform, build, logging or wandb; `method` limits it ("" for all). `status`
    is a gRPC status name such as PERMISSION_DENIED (for wandb: an HTTP code as text, `html`, `drop` or
    `graphql`), `hang` never responds, `delay` (seconds) only delays, `after_effect` fails after the call
    took effect, `retry_delay` (seconds) is sent in RetryInfo or Retry-After, `reason` in ErrorInfo
    (such as SERVICE_DISABLED).
    """

    service: str
    region: str = "*"
    method: str = ""
    status: str = ""
    message: str = ""
    reason: str = ""
    hang: bool = False
    delay: float = 0.0
    after_effect: bool = False
    retry_delay: float = 0.0
    times: int = -1
