"""Writes entries into the world's Cloud Logging, with each platform's resource and labels."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.sandbox.world.state import SimBuild, SimExecution, SimJob, SimLogEntry
from bot.sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class Line:
    """An entry to write: text, a JSON payload, the text of a proto payload, or nothing."""

    text: str | None = None
    json: dict[str, object] | None = None
    proto: str | None = None
    severity: str = ""


@dataclass(frozen=True, slots=True)
class LogSource:
    """The source of entries, and the platform's default severity."""

    resource_type: str
    resource_labels: dict[str, str]
    labels: dict[str, str] = field(default_factory=dict)
    severity: str = "DEFAULT"


def runner_source(world: World, execution: SimExecution) -> LogSource:
    """Return the source of a Cloud Run execution, where stderr has severity DEFAULT."""
    return LogSource(
        "cloud_run_job",
        {"project_id": world.project, "job_name": execution.job, "location": execution.region},
        {
            "run.googleapis.com/execution_name": execution.name,
            "run.googleapis.com/task_attempt": str(execution.retries),
            "run.googleapis.com/task_index": "0",
        },
    )


def job_source(world: World, job: SimJob) -> LogSource:
    """Return the source of a custom job; Vertex AI gives all of stderr severity ERROR."""
    return LogSource(
        "ml_job",
        {"project_id": world.project, "job_id": job.job_id, "task_name": "workerpool0-0"},
        {"ml.googleapis.com/job_id/log_area": "root", "compute.googleapis.com/zone": f"{job.region}-a"},
        severity="ERROR",
    )


def build_source(world: World, build: SimBuild) -> LogSource:
    """Return the source of a build."""
    return LogSource(
        "build",
        {"project_id": world.project, "build_id": build.build_id, "build_trigger_id": ""},
        {"build_step": "MAIN"},
        severity="INFO",
    )


def write(
    world: World, source: LogSource, lines: tuple[Line | str, ...], *, at: datetime | None = None
) -> None:
    """Write entries at a time (default: now); they become visible after the ingestion delay."""
    start = at or world.now()
    visible = start + timedelta(seconds=world.seconds(world.log_delay))
    for number, line in enumerate(lines):
        moment = start + timedelta(microseconds=number)
        world.logs.append(
            _entry(source, line if isinstance(line, Line) else Line(text=line), moment, visible)
        )


def write_spread(
    world: World, source: LogSource, lines: tuple[Line | str, ...], *, begin: datetime, end: datetime
) -> None:
    """Write entries evenly spread from `begin` to `end`."""
    step = (end - begin) / max(len(lines) - 1, 1)
    for number, line in enumerate(lines):
        write(world, source, (line,), at=begin + step * number)


def tail(world: World, execution: SimExecution, count: int) -> tuple[str, ...]:
    """Return the last `count` text lines of the current attempt of an execution."""
    labels = runner_source(world, execution).labels
    lines = [entry.text for entry in world.logs if entry.labels == labels and entry.text is not None]
    return tuple(lines[-count:])


def _entry(source: LogSource, line: Line, moment: datetime, visible: datetime) -> SimLogEntry:
    entry = SimLogEntry(
        # Random: entries with equal timestamps are ordered by insert id, not as written.
        insert_id=secrets.token_hex(8),
        at=moment,
        visible=visible,
        resource_type=source.resource_type,
        resource_labels=dict(source.resource_labels),
        labels=dict(source.labels),
        severity=line.severity or source.severity,
    )
    return replace(entry, text=line.text, json=line.json, proto=line.proto)
