"""Launches and scans to look at: small builders, all at one fixed moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.models.cloud import (
    Build,
    BuildStatus,
    CustomJob,
    Execution,
    ExecutionStatus,
    JobState,
    QueueItem,
    QueueItemState,
    Run,
    RunState,
)
from bot.models.cost import Cost
from bot.models.diagnosis import Category, Confidence, Diagnosis
from bot.models.errors import Problem, ProblemKind
from bot.models.launch import Failure, FailureKind, JobSeen, Launch, MessageRef, RunnerUse, Stage, Verdict
from bot.models.regions import GLOBAL_LOCATION, NO_REGION, REGIONS
from bot.models.scan import (
    Answer,
    Asking,
    Cell,
    Failed,
    Nothing,
    Reading,
    Row,
    RowDiagnosis,
    Rows,
    RunnerLog,
    Scan,
    Service,
)

NOW = datetime(2026, 11, 23, 14, 5, 0, tzinfo=UTC)


def before(**parts: float) -> datetime:
    """A moment before NOW."""
    return NOW - timedelta(**parts)


DIAGNOSIS = Diagnosis(
    has_error=True,
    category=Category.MACHINE_TYPE_UNSUPPORTED,
    root_cause_index=41,
    summary='Machine type "a3-highgpu-1g" is not supported in us-central1.',
    context=(
        "wandb: launch: Launching run on Vertex AI",
        "Traceback (most recent call last):",
        '  File "runner.py", line 12, in submit',
        "400 Machine type \"a3-highgpu-1g\" is not supported. <class 'InvalidArgument'>",
        "agent: going on with the next item",
    ),
    advice='Set machine_type to one of the region\'s own, such as "a3-highgpu-8g".',
    confidence=Confidence.HIGH,
    context_root=3,
)

LAUNCH = Launch(
    launch_id="k3v9x2ab",
    trigger_id="1.2.abc",
    team_id="T01",
    channel_id="C01",
    user_id="U01ANA",
    user_name="ana",
    text="bert-small lr=0.001",
    preset="bert-small",
    overrides=(("lr", "0.001"), ("epochs", "3")),
    name="brave-otter-12",
    queue="vertex-ai-queue",
    region="us-central1",
    created=before(seconds=40),
    due=NOW,
    limit_seconds=120,
    expires=NOW + timedelta(minutes=31, seconds=20),
    cost=Cost(price_per_hour=0.85, machines=1, cap_hours=24, expected_hours=2),
)
RUNNER = RunnerUse(
    intended=before(seconds=38),
    resource="projects/p/locations/us-central1/jobs/l/executions/vertex-ai-launcher-kbflt",
    name="vertex-ai-launcher-kbflt",
    region="us-central1",
    since=before(seconds=35),
    status=ExecutionStatus.RUNNING,
    url="https://console.cloud.google.com/run/jobs/executions/details/us-central1/vertex-ai-launcher-kbflt",
)
JOB = JobSeen(
    resource="projects/1/locations/us-central1/customJobs/5511",
    job_id="5511",
    state=JobState.RUNNING,
    first_seen=before(seconds=10),
    created=before(seconds=22),
    started=before(seconds=12),
    url="https://console.cloud.google.com/vertex-ai/training/5511?project=p",
)
QUEUED = replace(
    LAUNCH,
    stage=Stage.RUNNER,
    card=MessageRef("C01", "1.1", "https://acme.slack.com/archives/C01/p11"),
    item_intended=before(seconds=39),
    item_id="i1",
    item_state=QueueItemState.PENDING,
    queued=before(seconds=38),
)
WAITING = replace(
    QUEUED,
    stage=Stage.WAIT,
    runners=(RUNNER,),
    item_state=QueueItemState.LEASED,
    deadline=NOW + timedelta(seconds=85),
)
SUBMITTED = replace(
    WAITING,
    stage=Stage.FOLLOW,
    verdict=Verdict.SUBMITTED,
    item_state=QueueItemState.CLAIMED,
    job=JOB,
    run_url="https://wandb.ai/acme/trainer/runs/k3v9x2ab",
)
SUCCEEDED = replace(
    SUBMITTED,
    stage=Stage.DONE,
    verdict=Verdict.SUCCEEDED,
    created=before(hours=3),
    job=replace(JOB, state=JobState.SUCCEEDED, started=before(hours=2, minutes=10), ended=before(minutes=5)),
    metrics=(("eval/accuracy", 0.93217), ("train/loss", 0.1234567)),
    ended=before(minutes=4),
)
FAILURE = Failure(
    kind=FailureKind.ITEM_FAILED,
    sentence="The agent could not submit the job: 400 Machine type is not supported.",
    diagnosis=DIAGNOSIS,
    log_url="https://console.cloud.google.com/logs/query;query=x",
)
FAILED = replace(
    WAITING,
    stage=Stage.DONE,
    verdict=Verdict.FAILED,
    item_state=QueueItemState.FAILED,
    failure=FAILURE,
    ended=NOW,
)

CARDS: dict[str, Launch] = {
    "announced": LAUNCH,
    "queued": QUEUED,
    "starting a runner": replace(QUEUED, runners=(RunnerUse(intended=before(seconds=2)),)),
    "reused runner, waiting": replace(WAITING, runners=(replace(RUNNER, reused=True),)),
    "waiting": WAITING,
    "second runner": replace(
        WAITING,
        runners=(
            replace(RUNNER, name="vertex-ai-launcher-aaaaa", status=ExecutionStatus.FAILED),
            replace(RUNNER, why="the first one ended before it took the item"),
        ),
    ),
    "retrying": replace(QUEUED, trouble="W&B did not answer in time", attempts=2),
    "cancel asked": replace(WAITING, cancel_by="U01BEN", cancel_asked=NOW),
    "submitted": SUBMITTED,
    "succeeded": SUCCEEDED,
    "failed": FAILED,
    "failed, reading": replace(
        FAILED, stage=Stage.DIAGNOSE, failure=replace(FAILURE, diagnosis=None, reading=True)
    ),
    "failed, log unread": replace(
        FAILED,
        failure=replace(FAILURE, diagnosis=None, unread="The log could not be read: a quota is used up."),
    ),
    "failed, not queued": replace(
        LAUNCH,
        stage=Stage.DONE,
        verdict=Verdict.FAILED,
        failure=Failure(FailureKind.NOT_QUEUED, "W&B: the queue vertex-ai-queue does not exist."),
    ),
    "not started": replace(
        LAUNCH,
        stage=Stage.DONE,
        verdict=Verdict.FAILED,
        ended=NOW,
        failure=Failure(
            FailureKind.NOT_STARTED,
            "W&B: the service is not available. Nothing reached the queue within 120 s. Type it again.",
        ),
    ),
    "expired in the queue": replace(
        WAITING,
        stage=Stage.DONE,
        verdict=Verdict.FAILED,
        item_state=QueueItemState.PENDING,
        withdrawn=before(seconds=12),
        ended=NOW,
        failure=Failure(
            FailureKind.QUEUE_EXPIRED,
            "No runner took the item within 32 min, so it was taken out of the queue; nothing was spent.",
        ),
    ),
    "job failed": replace(
        SUBMITTED,
        stage=Stage.DONE,
        verdict=Verdict.FAILED,
        job=replace(JOB, state=JobState.FAILED, ended=NOW),
        failure=replace(FAILURE, kind=FailureKind.JOB_FAILED, sentence="The job failed."),
    ),
    "timed out": replace(
        WAITING,
        stage=Stage.FOLLOW,
        verdict=Verdict.TIMED_OUT,
        item_state=QueueItemState.PENDING,
        deadline=before(seconds=1),
    ),
    "cancelled by ben": replace(
        WAITING, stage=Stage.DONE, verdict=Verdict.CANCELLED, cancel_by="ben", ended=NOW
    ),
    "cancelled outside": replace(
        SUBMITTED,
        stage=Stage.DONE,
        verdict=Verdict.CANCELLED,
        job=replace(JOB, state=JobState.CANCELLED, ended=NOW),
        ended=NOW,
    ),
    "lost": replace(SUBMITTED, stage=Stage.DONE, verdict=Verdict.LOST, ended=NOW),
    "refused": replace(LAUNCH, stage=Stage.DONE, verdict=Verdict.REFUSED, ended=NOW),
}


def execution(name: str, status: ExecutionStatus, *, age: float, region: str = "us-central1") -> Execution:
    """A runner that was created `age` minutes ago."""
    active = status in (ExecutionStatus.RUNNING, ExecutionStatus.PENDING)
    return Execution(
        resource=f"projects/p/locations/{region}/jobs/l/executions/{name}",
        name=name,
        region=region,
        status=status,
        created=before(minutes=age),
        started=before(minutes=age),
        ended=None if active else before(minutes=age / 2),
        queue="vertex-ai-queue",
        entity="acme",
        max_jobs=-1,
        url=f"https://console.cloud.google.com/run/{name}",
    )


def job(job_id: str, state: JobState, *, age: float, name: str = "brave-otter-12") -> CustomJob:
    """A custom job that was created `age` minutes ago."""
    made = CustomJob(
        resource=f"projects/1/locations/us-central1/customJobs/{job_id}",
        job_id=job_id,
        display_name=name,
        region="us-central1",
        state=state,
        run_id=f"run{job_id}",
        created=before(minutes=age),
        started=before(minutes=age - 1),
        error="Replica workerpool0-0 exited with a non-zero status of 1." if state is JobState.FAILED else "",
        url=f"https://console.cloud.google.com/vertex-ai/training/{job_id}",
    )
    return made if made.active else replace(made, ended=before(minutes=age / 2))


def build(build_id: str, status: BuildStatus, *, age: float) -> Build:
    """A build that was created `age` minutes ago."""
    made = Build(
        build_id=build_id,
        region="europe-west1",
        status=status,
        image="us-docker.pkg.dev/acme-ml/train/bert:1.4",
        steps_done=2,
        steps_total=5,
        created=before(minutes=age),
        started=before(minutes=age),
        detail="Build step failure: build step 2 failed." if status is BuildStatus.FAILURE else "",
        url=f"https://console.cloud.google.com/cloud-build/builds/{build_id}",
    )
    return made if made.active else replace(made, ended=before(minutes=age / 2))


def run(run_id: str, state: RunState, *, age: float, runtime: float | None = None) -> Run:
    """A W&B run that was created `age` minutes ago."""
    return Run(
        run_id=run_id,
        name=f"brave-otter-{run_id}",
        state=state,
        by="ana",
        created=before(minutes=age),
        heartbeat=before(minutes=age / 2),
        runtime=runtime,
        url=f"https://wandb.ai/acme/trainer/runs/{run_id}",
    )


def item(item_id: str, state: QueueItemState, *, run_id: str = "", error: str = "") -> QueueItem:
    """A queue item of a minute ago."""
    return QueueItem(
        item_id=item_id,
        state=state,
        queue="vertex-ai-queue",
        run_id=run_id,
        name=f"item-{item_id}",
        author="ben",
        created=before(minutes=1),
        error=error,
    )


REGIONAL = {
    Service.RUNNERS: REGIONS,
    Service.BUILDS_ACTIVE: (*REGIONS, GLOBAL_LOCATION),
    Service.BUILDS_RECENT: (*REGIONS, GLOBAL_LOCATION),
    Service.JOBS: REGIONS,
}


def cells(answers: dict[tuple[Service, str], Answer], default: Answer | None = None) -> tuple[Cell, ...]:
    """Every cell of a scan, with these answers and "nothing" (or the default) for the others."""
    return tuple(
        Cell(service, region, answers.get((service, region), default or Nothing()))
        for service in Service
        for region in REGIONAL.get(service, (NO_REGION,))
    )


def rows(*found: Row) -> Rows:
    """An answer with rows."""
    return Rows(tuple(found))


def problem(kind: ProblemKind, system: str = "Cloud Run", **more: object) -> Problem:
    """A problem of a kind."""
    return replace(Problem(kind, system, "the system's own words"), **more)  # type: ignore[arg-type]  # test data


BUSY = Scan(
    started=before(seconds=3),
    took=1.94,
    cells=cells(
        {
            (Service.RUNNERS, "us-central1"): rows(
                execution("vertex-ai-launcher-kbflt", ExecutionStatus.FAILED, age=30),
                execution("vertex-ai-launcher-9x2ab", ExecutionStatus.SUCCEEDED, age=120),
            ),
            (Service.RUNNERS, "us-west1"): rows(
                execution("vertex-ai-launcher-live1", ExecutionStatus.RUNNING, age=3_000, region="us-west1")
            ),
            (Service.RUNNERS, "us-east1"): Failed(problem(ProblemKind.DENIED)),
            (Service.BUILDS_ACTIVE, "europe-west1"): rows(
                build("0f3c1a2b-1111-2222-3333-444455556666", BuildStatus.WORKING, age=4)
            ),
            (Service.BUILDS_RECENT, "europe-west1"): rows(
                build("1f3c1a2b-1111-2222-3333-444455556666", BuildStatus.FAILURE, age=50),
                build("2f3c1a2b-1111-2222-3333-444455556666", BuildStatus.SUCCESS, age=80),
            ),
            (Service.JOBS, "us-central1"): rows(
                job("5511", JobState.RUNNING, age=65),
                job("5510", JobState.FAILED, age=240),
                job("5509", JobState.SUCCEEDED, age=2_000),
            ),
            (Service.RUNS_ACTIVE, NO_REGION): rows(run("5511", RunState.RUNNING, age=65, runtime=3_700.0)),
            (Service.QUEUE_ITEMS, NO_REGION): rows(
                item("q1", QueueItemState.PENDING, run_id="zz11aa22"),
                item("q2", QueueItemState.FAILED, error="quota NVIDIA_L4_GPUS exceeded"),
            ),
            (Service.RUNS_COMPLETED, NO_REGION): rows(
                run("5509", RunState.FINISHED, age=2_000, runtime=90_061.0),
                run("5508", RunState.CRASHED, age=3_000, runtime=12.0),
            ),
        }
    ),
    logs=(RunnerLog("vertex-ai-launcher-live1", runs=7), RunnerLog("vertex-ai-launcher-kbflt", runs=0)),
    found=(
        RowDiagnosis(
            "vertex-ai-launcher-kbflt", DIAGNOSIS, "https://console.cloud.google.com/logs/query;query=kbflt"
        ),
        RowDiagnosis("5510", Reading()),
    ),
)
SYSTEMS = {
    Service.RUNNERS: "Cloud Run",
    Service.BUILDS_ACTIVE: "Cloud Build",
    Service.BUILDS_RECENT: "Cloud Build",
    Service.JOBS: "Vertex AI",
}


def all_failing(kind: ProblemKind) -> Scan:
    """A scan in which every call failed in the same way."""
    return Scan(
        started=NOW,
        took=1.0,
        cells=tuple(
            replace(cell, answer=Failed(problem(kind, SYSTEMS.get(cell.service, "W&B"))))
            for cell in cells({})
        ),
    )


EMPTY = Scan(started=NOW, took=1.0, cells=cells({}))
DENIED = all_failing(ProblemKind.DENIED)
STARTED = Scan(started=NOW, took=0.0, cells=cells({}, Asking()))
