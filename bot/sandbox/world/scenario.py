"""A scenario: the initial world, the behaviour of what starts in it, and the expected end.

Ages (`ago`, `lasted`, `waited`) are spans before now and are not scaled; every other duration
is divided by `speed`. docs/scenarios.md describes the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PrivateAttr

from bot.sandbox.world.scripts import JOB_STATES, LaunchScript, Lines, RunnerScript, Span, Table

_JobState = Annotated[str, Field(pattern=f"^({'|'.join(JOB_STATES)})$")]


class QueueTable(Table):
    """A W&B Launch queue and its template."""

    name: str
    resource: str = "gcp-vertex"
    resource_args: dict[str, object] = Field(default_factory=dict)


class RunnerJobTable(Table):
    """A Cloud Run job: the agent's arguments and environment, and the regions in which it exists."""

    name: str = "vertex-ai-launcher"
    regions: tuple[str, ...] = ("us-central1",)
    args: tuple[str, ...] = ("-q", "vertex-ai-queue", "-e", "acme-ml", "--max-jobs", "-1")
    env: dict[str, str] = Field(default_factory=dict)
    config_region: str | None = None  # of the launch-config: the scenario's own, or "" without a config
    gcloud: bool = False
    max_retries: int = Field(0, ge=0, le=10)
    timeout: Span = 14_400.0


class Logged(Table):
    """An object with a log: lines here or in a file next to the scenario, spread over its lifetime."""

    log: Lines = ()
    log_file: str = ""


class ExecutionTable(Logged):
    """An initial Cloud Run execution; with `agent`, a simulated agent runs in it."""

    name: str
    job: str = "vertex-ai-launcher"
    region: str = "us-central1"
    state: Literal["pending", "running", "succeeded", "failed", "cancelled"] = "running"
    ago: Span = 600.0
    waited: Span = 9.0
    lasted: Span = 0.0
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict)
    timeout: Span = 14_400.0
    retries: int = 0
    exit_code: int | None = None
    message: str = ""
    agent: RunnerScript | None = None


class JobTable(Logged):
    """An initial custom job."""

    job_id: str = Field(pattern=r"^\d{6,19}$")
    name: str
    region: str = "us-central1"
    state: _JobState = "RUNNING"
    run_id: str = ""
    ago: Span = 600.0
    waited: Span = 95.0
    lasted: Span = 0.0
    error: str = ""
    error_code: int = 0
    image: str = ""
    machine_type: str = ""
    env: dict[str, str] = Field(default_factory=dict)


class BuildTable(Logged):
    """An initial build; `region` may be "global"."""

    build_id: str
    region: str = "us-central1"
    status: Literal[
        "PENDING",
        "QUEUED",
        "WORKING",
        "SUCCESS",
        "FAILURE",
        "INTERNAL_ERROR",
        "TIMEOUT",
        "CANCELLED",
        "EXPIRED",
    ] = "SUCCESS"
    image: str = ""
    ago: Span = 600.0
    waited: Span = 4.0
    lasted: Span = 0.0
    steps_total: int = 1
    steps_done: int = 0
    failure: str = ""
    log_in_gcs_only: bool = False


class RunTable(Table):
    """An initial W&B run; `metrics` gives the first and the last value of each metric."""

    run_id: str = Field(pattern=r"^[a-z0-9]{1,64}$")
    name: str
    state: Literal[
        "running", "finished", "failed", "crashed", "killed", "pending", "preempting", "preempted"
    ] = "finished"
    user: str = "alice"
    ago: Span = 600.0
    lasted: Span = 0.0
    config: dict[str, object] = Field(default_factory=dict)
    metrics: dict[str, tuple[float, float]] = Field(default_factory=dict)
    steps: int = Field(60, ge=0, le=100_000)


class ItemTable(Table):
    """An initial queue item."""

    item_id: str
    queue: str = "vertex-ai-queue"
    state: Literal["PENDING", "LEASED", "CLAIMED", "FAILED"] = "PENDING"
    spec: dict[str, object] = Field(default_factory=dict)
    ago: Span = 60.0
    leased_by: str = ""
    run_id: str = ""
    error: str = ""


class FaultTable(Table):
    """A fault; see `bot.sandbox.world.state.Fault`."""

    service: Literal["run", "aiplatform", "build", "logging", "wandb"]
    region: str = "*"
    method: str = ""
    status: str = ""
    message: str = ""
    reason: str = ""
    hang: bool = False
    delay: Span = 0.0
    after_effect: bool = False
    retry_delay: Span = 0.0
    times: int = -1


class DemoStep(Table):
    """Text that a user types, and the text to wait for: the channel must show it `times` times.

    Without `wait_for` the next step follows at once. `seconds` is the timeout.
    """

    user: str = "alice"
    channel: str = "training"
    text: str
    wait_for: str = ""
    times: int = Field(1, ge=1)
    seconds: Span = 60.0


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Outcome = Literal[
    "open", "submitted", "timed_out", "succeeded", "failed", "cancelled", "lost", "refused", "none"
]


class Expectation(Table):
    """The expected end.

    `outcomes` lists for each launch, in order, the allowed outcomes ("none": no launch was created);
    `shows` and `never_shows` are texts in the channel; `exit` is the demo's exit code.
    """

    outcomes: tuple[Annotated[tuple[Outcome, ...], BeforeValidator(_one_or_more)], ...] = ()
    shows: tuple[str, ...] = ()
    never_shows: tuple[str, ...] = ()
    exit: int = 0


class Scenario(Table):
    """One scenario file."""

    title: str
    shows: str = ""
    speed: float = Field(1.0, gt=0, le=1_000)
    project: str = "acme-ml"
    entity: str = "acme-ml"
    wandb_project: str = "trainer"
    vertex_region: str = "us-central1"
    log_delay: Span = 3.0
    latency: dict[str, Span] = Field(default_factory=lambda: {"*": 0.06})
    slack: dict[str, object] = Field(default_factory=dict)
    timing: dict[str, Span] = Field(default_factory=dict)
    queue: tuple[QueueTable, ...] = (QueueTable(name="vertex-ai-queue"),)
    runner_job: tuple[RunnerJobTable, ...] = (RunnerJobTable(),)
    execution: tuple[ExecutionTable, ...] = ()
    job: tuple[JobTable, ...] = ()
    build: tuple[BuildTable, ...] = ()
    run: tuple[RunTable, ...] = ()
    item: tuple[ItemTable, ...] = ()
    fault: tuple[FaultTable, ...] = ()
    runner: tuple[RunnerScript, ...] = (RunnerScript(),)
    launch: tuple[LaunchScript, ...] = (LaunchScript(),)
    demo: tuple[DemoStep, ...] = ()
    expect: Expectation = Expectation()
    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """The folder of the scenario file, to which its log files are relative."""
        return self._folder
