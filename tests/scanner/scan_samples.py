"""A project with things in it, and scans of it by the real clients over real sockets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.models.scan import Answer, Scan, Section, Service
from bot.runtime.clock import SystemClock
from bot.sandbox.world.state import SimBuild, SimExecution, SimJob, SimLogEntry, SimQueueItem, SimRun
from bot.sandbox.world.world import World
from bot.scans.scanner import RegionScanner, RunningScan, ScanRequest
from bot.settings import Settings
from formatting.failure.view import block_text, failure_views
from formatting.monitor.summary import unanswered_line, verdict_line
from formatting.monitor.tables import tables
from formatting.table.text import text

JOB = "vertex-ai-launcher"
QUEUE = "vertex-ai-queue"
WANDB_KEY = "5a" * 20
EAST, WEST, EUROPE = "us-east1", "us-west1", "europe-west4"
REGIONS = (EAST, WEST, EUROPE)
CLOUD = (Section.RUNNERS, Section.BUILDS, Section.RECENT_BUILDS, Section.JOBS)
ROOT_CAUSE = (
    "wandb: ERROR google.api_core.exceptions.PermissionDenied: 403 Permission denied on bucket gs://x"
)


class MovableClock(SystemClock):
    """The machine's clock, `ahead` of the servers', and with `passed` seconds that nobody waited for."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.passed = 0.0

    def now(self) -> datetime:
        return super().now() + self.ahead + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return super().monotonic() + self.passed


def make_settings(
    endpoints: Mapping[str, str], wandb_url: str, *, regions: tuple[str, ...], timing: Mapping[str, float]
) -> Settings:
    return Settings.model_validate(
        {
            "google": {
                "project": "acme-ml",
                **{f"{name}_endpoint": address for name, address in endpoints.items()},
            },
            "runner": {"job": JOB, "region": EAST, "queue": QUEUE, "vertex_region": EAST},
            "wandb": {"entity": "acme-ml", "project": "trainer", "base_url": wandb_url},
            "preset": [{"name": "a", "image": "i", "machine_type": "m", "staging_bucket": "gs://b"}],
            "timing": {
                "call": 3,
                "retry": 0.01,
                "scan_first": 0.3,
                "scan_limit": 8.0,
                "scan_cache_ttl": 0.001,
                **timing,
            },
            "regions": regions,
            "logs": {"reads_per_minute": 50},
        }
    )


class Monitor:
    """A scanner of a world; every `scan` asks anew."""

    def __init__(
        self, scanner: RegionScanner, world: World, clock: MovableClock, regions: tuple[str, ...]
    ) -> None:
        self.scanner = scanner
        self.world = world
        self.clock = clock
        self._regions = regions

    def start(self, *sections: Section) -> RunningScan:
        return self.scanner.join(ScanRequest(sections or CLOUD, self._regions))

    async def scan(self, *sections: Section) -> Scan:
        self.clock.passed += 1  # those who ask later than this share no scan
        return await self.start(*sections).diagnosed()

    def reads(self) -> int:
        """Reads of Cloud Logging so far."""
        return self.calls("logging")

    def calls(self, service: str) -> int:
        return sum(number for (name, _, _), number in self.world.calls.items() if name == service)

    def said(self, scan: Scan) -> str:
        """All that a terminal prints of a scan."""
        parts = [verdict_line(scan), unanswered_line(scan)]
        for table in tables(scan, self.clock.now()):
            parts += [
                table.heading,
                text(table),
                *table.footers,
                *(block_text(view) for view in failure_views(scan, table.section)),
            ]
        return "\n".join(parts)


def answer_of(scan: Scan, service: Service, region: str) -> Answer:
    return next(cell.answer for cell in scan.cells if (cell.service, cell.region) == (service, region))


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def add_runner(world: World, name: str, **more: Any) -> SimExecution:
    fields: dict[str, Any] = {"region": EAST, "state": "running", "created": ago(600), "started": ago(590)}
    fields |= more
    if fields["state"] in ("failed", "succeeded", "cancelled"):
        fields.setdefault("ended", ago(300))
    fields.setdefault("args", ("-q", QUEUE, "--max-jobs=-1"))
    world.executions[name] = SimExecution(name=name, job=JOB, **fields)
    return world.executions[name]


def add_job(world: World, job_id: str, **more: Any) -> SimJob:
    fields: dict[str, Any] = {"region": EAST, "display_name": f"job-{job_id}", "state": "RUNNING"}
    fields |= {"created": ago(600), "started": ago(590), **more}
    if fields["state"] in ("FAILED", "SUCCEEDED", "CANCELLED", "EXPIRED"):
        fields.setdefault("ended", ago(300))
    world.jobs[job_id] = SimJob(job_id=job_id, **fields)
    return world.jobs[job_id]


def add_build(world: World, build_id: str, **more: Any) -> SimBuild:
    fields: dict[str, Any] = {"region": EAST, "status": "WORKING", "image": "trainer:1"}
    fields |= {"created": ago(600), "started": ago(590), **more}
    if fields["status"] not in ("WORKING", "QUEUED", "PENDING"):
        fields.setdefault("ended", ago(300))
    world.builds[build_id] = SimBuild(build_id=build_id, **fields)
    return world.builds[build_id]


def add_run(world: World, run_id: str, state: str = "running", **more: Any) -> SimRun:
    fields: dict[str, Any] = {"created": ago(600), "heartbeat": ago(1), "summary": {"_runtime": 42.0}} | more
    world.runs[run_id] = SimRun(run_id, f"name-{run_id}", state, "ana", **fields)
    return world.runs[run_id]


def add_item(world: World, item_id: str, state: str = "PENDING", **more: Any) -> SimQueueItem:
    spec = {"run_id": more.pop("run_id", item_id), "name": f"name-{item_id}", "author": "ana"}
    world.items[item_id] = SimQueueItem(item_id, QUEUE, spec, state, more.pop("created", ago(60)), **more)
    return world.items[item_id]


def add_log(world: World, kind: str, owner: str, *lines: str, age: float = 400) -> None:
    """Lines of a runner, job or build, a moment apart."""
    resources: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
        "runner": ("cloud_run_job", {"job_name": JOB}, {"run.googleapis.com/execution_name": owner}),
        "job": ("ml_job", {"job_id": owner}, {}),
        "build": ("build", {"build_id": owner}, {}),
    }
    resource, resource_labels, labels = resources[kind]
    for line in lines:
        number = len(world.logs)
        at = ago(age) + timedelta(milliseconds=number)
        world.logs.append(
            SimLogEntry(
                insert_id=f"{number:06}",
                at=at,
                visible=at,
                resource_type=resource,
                resource_labels=resource_labels,
                labels=labels,
                text=line,
            )
        )
