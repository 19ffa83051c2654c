"""Writing entries into the world's Cloud Logging, with each platform's resource and labels."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.sandbox.world.state import SimBuild, SimExecution, SimJob, SimLogEntry
from bot.sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class Line:
    """One entry to write: a text, or a JSON payload, or the text of a proto payload, or nothing at all."""

    text: str | None = None
    json: dict[str, object] | None = None
    proto: str | None = None
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Voice:
    """Whose entries they are, and how severe that platform calls a line without a severity of its own."""

    resource_type: str
    resource_labels: dict[str, str]
    labels: dict[str, str] = field(default_factory=dict)
    severity: str = "DEFAULT"


def runner_voice(world: World, execution: SimExecution) -> Voice:
    """Return a Cloud Run execution's. Plain stderr has severity DEFAULT there."""
    return Voice(
        "cloud_run_job",
        {"project_id": world.project, "job_name": execution.job, "location": execution.region},
        {
            "run.googleapis.com/execution_name": execution.name,
            "run.googleapis.com/task_attempt": str(execution.retries),
            "run.googleapis.com/task_index": "0",
        },
    )


def job_voice(world: World, job: SimJob) -> Voice:
    """Return a custom job's. Vertex AI calls all of stderr ERROR, also when it is healthy."""
    return Voice(
        "ml_job",
        {"project_id": world.project, "job_id": job.job_id, "task_name": "workerpool0-0"},
        {"ml.googleapis.com/job_id/log_area": "root", "compute.googleapis.com/zone": f"{job.region}-a"},
        severity="ERROR",
    )


def build_voice(world: World, build: SimBuild) -> Voice:
    """Return a build's."""
    return Voice(
        "build",
        {"project_id": world.project, "build_id": build.build_id, "build_trigger_id": ""},
        {"build_step": "MAIN"},
        severity="INFO",
    )


def write(world: World, voice: Voice, lines: tuple[Line | str, ...], *, at: datetime | None = None) -> None:
    """Write entries at a time (now, if none is given), shown after the world's ingestion delay."""
    start = at or world.now()
    visible = start + timedelta(seconds=world.seconds(world.log_delay))
    for number, line in enumerate(lines):
        moment = start + timedelta(microseconds=number)
        world.logs.append(_entry(voice, line if isinstance(line, Line) else Line(text=line), moment, visible))


def write_over(
    world: World, voice: Voice, lines: tuple[Line | str, ...], *, begin: datetime, end: datetime
) -> None:
    """Spreads entries evenly from `begin` to `end`."""
    step = (end - begin) / max(len(lines) - 1, 1)
    for number, line in enumerate(lines):
        write(world, voice, (line,), at=begin + step * number)


def tail(world: World, execution: SimExecution, count: int) -> tuple[str, ...]:
    """Return the last text lines that this attempt of an execution wrote, in order."""
    labels = runner_voice(world, execution).labels
    lines = [entry.text for entry in world.logs if entry.labels == labels and entry.text is not None]
    return tuple(lines[-count:])


def _entry(voice: Voice, line: Line, moment: datetime, visible: datetime) -> SimLogEntry:
    entry = SimLogEntry(
        # Random: entries with equal timestamps come in the order of their insert ids, not as written.
        insert_id=secrets.token_hex(8),
        at=moment,
        visible=visible,
        resource_type=voice.resource_type,
        resource_labels=dict(voice.resource_labels),
        labels=dict(voice.labels),
        severity=line.severity or voice.severity,
    )
    return replace(entry, text=line.text, json=line.json, proto=line.proto)
