"""The columns of the six tables, and the cells of each kind of row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from bot.models.cloud import Build, CustomJob, Execution, QueueItem, Run, RunState
from bot.models.scan import Row, RowDiagnosis, RunnerLog, Section
from bot.models.scan_rows import row_id
from formatting import icons
from formatting.failure.note import NOTE, cause_note, cause_or_reason, platform_reason
from formatting.slack.text import UNKNOWN, one_line, safe_url
from formatting.table.model import Align, Cell, Column
from formatting.times import ago, duration, seconds_between

_NOTE = Column("Note", width=NOTE)
_REGION = Column("Region", width=24)
# Leading parts of an image name that are dropped: the registry's host and the project.
_REGISTRY_PARTS = 2

COLUMNS: Mapping[Section, tuple[Column, ...]] = MappingProxyType(
    {
        Section.RUNNERS: (
            Column("Execution"),
            Column("Queue", width=28),
            _REGION,
            Column("Status"),
            Column("Runs", Align.RIGHT),
            Column("Lifetime", Align.RIGHT),
            Column("Created", Align.RIGHT),
            _NOTE,
        ),
        Section.BUILDS: (
            Column("Build", width=12),
            Column("Image"),
            _REGION,
            Column("Status"),
            Column("Step", Align.RIGHT),
            Column("Duration", Align.RIGHT),
            Column("Created", Align.RIGHT),
        ),
        Section.RECENT_BUILDS: (
            Column("Build", width=12),
            Column("Image"),
            _REGION,
            Column("Status"),
            Column("Duration", Align.RIGHT),
            Column("Finished", Align.RIGHT),
            _NOTE,
        ),
        Section.JOBS: (
            Column("Job", width=24),
            Column("Name"),
            _REGION,
            Column("State"),
            Column("Machine", width=24),
            Column("Runtime", Align.RIGHT),
            Column("Created", Align.RIGHT),
            _NOTE,
        ),
        Section.RUNS: (
            Column("Run", width=16),
            Column("Name"),
            Column("State"),
            Column("Runtime", Align.RIGHT),
            Column("By", width=24),
            Column("Created", Align.RIGHT),
        ),
        Section.COMPLETED: (
            Column("Run", width=16),
            Column("Name"),
            Column("State"),
            Column("Runtime", Align.RIGHT),
            Column("By", width=24),
            Column("Finished", Align.RIGHT),
        ),
    },
)


@dataclass(frozen=True, slots=True)
class RowContext:
    """Data that rows are rendered with: time, diagnoses by row id, logs by runner, machines by run id."""

    now: datetime
    found: Mapping[str, RowDiagnosis] = field(default_factory=dict)
    logs: Mapping[str, RunnerLog] = field(default_factory=dict)
    machines: Mapping[str, str] = field(default_factory=dict)


def cells(section: Section, row: Row, context: RowContext) -> tuple[Cell, ...]:
    """Return the cells of one row, in the order of the section's columns."""
    if isinstance(row, Execution):
        return _runner(row, context)
    if isinstance(row, CustomJob):
        return _job(row, context)
    if isinstance(row, Build):
        return _active_build(row, context) if section is Section.BUILDS else _recent_build(row, context)
    if isinstance(row, Run):
        return _run(row, context, finished=section is Section.COMPLETED)
    return _item(row, context)


def _text(value: str, url: str = "") -> Cell:
    return Cell(one_line(value) or UNKNOWN, safe_url(url))


def _note(row: Row, context: RowContext, logged: str = "") -> Cell:
    """Return the note cell of a row. `logged` is the note from the scan's log query."""
    found, reason = context.found.get(row_id(row)), one_line(logged) or platform_reason(row)
    return Cell(
        cause_note(found, reason) or UNKNOWN, whole=cause_or_reason(found, reason) if found else reason
    )


def _image(name: str) -> Cell:
    """Return the image name without registry and project; the CSV file keeps the whole name."""
    whole = one_line(name)
    parts = whole.split("/")
    if len(parts) > _REGISTRY_PARTS and "." in parts[0]:
        parts = parts[_REGISTRY_PARTS:]
    return Cell("/".join(parts) or UNKNOWN, whole=whole)


def _age(at: datetime | None, now: datetime) -> Cell:
    return Cell(ago(at, now), at=at)


def _duration(start: datetime | None, end: datetime | None, context: RowContext, *, active: bool) -> Cell:
    return Cell(duration(seconds_between(start, context.now if active else end)))


def _runner(row: Execution, context: RowContext) -> tuple[Cell, ...]:
    log = context.logs.get(row.name)
    return (
        _text(row.name, row.url),
        _text(row.queue),
        _text(row.region),
        Cell(icons.icon_with_text(row.status)),
        Cell(UNKNOWN if log is None or log.runs is None else str(log.runs)),
        _duration(row.started or row.created, row.ended, context, active=row.active),
        _age(row.created, context.now),
        _note(row, context, log.note if log else ""),
    )


def _job(row: CustomJob, context: RowContext) -> tuple[Cell, ...]:
    return (
        _text(row.job_id, row.url),
        _text(row.display_name),
        _text(row.region),
        Cell(icons.icon_with_text(row.state)),
        _text(context.machines.get(row.run_id, "")),
        _duration(row.started, row.ended, context, active=row.active),
        _age(row.created, context.now),
        _note(row, context),
    )


def _active_build(row: Build, context: RowContext) -> tuple[Cell, ...]:
    step = f"{row.steps_done}/{row.steps_total}" if row.steps_total else UNKNOWN
    return (
        _text(row.build_id, row.url),
        _image(row.image),
        _text(row.region),
        Cell(icons.icon_with_text(row.status)),
        Cell(step),
        _duration(row.started, row.ended, context, active=row.active),
        _age(row.created, context.now),
    )


def _recent_build(row: Build, context: RowContext) -> tuple[Cell, ...]:
    return (
        _text(row.build_id, row.url),
        _image(row.image),
        _text(row.region),
        Cell(icons.icon_with_text(row.status)),
        _duration(row.started, row.ended, context, active=row.active),
        _age(row.ended, context.now),
        _note(row, context),
    )


def _run(row: Run, context: RowContext, *, finished: bool) -> tuple[Cell, ...]:
    seconds = row.runtime
    if seconds is None and row.state is RunState.RUNNING:
        seconds = seconds_between(row.created, context.now)
    return (
        _text(row.run_id, row.url),
        _text(row.name),
        Cell(icons.icon_with_text(row.state)),
        Cell(duration(seconds)),
        _text(row.by),
        _age(row.heartbeat if finished else row.created, context.now),
    )


def _item(row: QueueItem, context: RowContext) -> tuple[Cell, ...]:
    return (
        _text(row.run_id),
        _text(row.name),
        Cell(f"{icons.icon_with_text(row.state)} in queue"),
        Cell(UNKNOWN),
        _text(row.author),
        _age(row.created, context.now),
    )
