"""The six tables' columns, in one literal table, and how a row of each kind fills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from bot.models.cloud import Build, CustomJob, Execution, QueueItem, Run, RunState
from bot.models.scan import Row, RowDiagnosis, RunnerLog, Section
from bot.models.scan_rows import row_id
from formatting import icons
from formatting.failure.note import NOTE, error, note, told
from formatting.slack.text import UNKNOWN, one_line, safe_url
from formatting.table.model import Align, Cell, Column
from formatting.times import ago, duration, seconds_between

_NOTE = Column("Note", width=NOTE)
_REGION = Column("Region", width=24)
# Parts of an image's name before the repository: the registry's host and the project.
_REGISTRY = 2

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
    """What stands beside the rows: the time, failures by row id, logs by runner, machines by run id."""

    now: datetime
    found: Mapping[str, RowDiagnosis] = field(default_factory=dict)
    logs: Mapping[str, RunnerLog] = field(default_factory=dict)
    machines: Mapping[str, str] = field(default_factory=dict)


def cells(section: Section, row: Row, beside: RowContext) -> tuple[Cell, ...]:
    """Return the cells of one row, in the order of the section's columns."""
    if isinstance(row, Execution):
        return _runner(row, beside)
    if isinstance(row, CustomJob):
        return _job(row, beside)
    if isinstance(row, Build):
        return _active_build(row, beside) if section is Section.BUILDS else _recent_build(row, beside)
    if isinstance(row, Run):
        return _run(row, beside, finished=section is Section.COMPLETED)
    return _item(row, beside)


def _text(value: str, url: str = "") -> Cell:
    return Cell(one_line(value) or UNKNOWN, safe_url(url))


def _note(row: Row, beside: RowContext, logged: str = "") -> Cell:
    """Return the gist of what is known of a row; `logged` is what the scan's log query said of it."""
    found, said = beside.found.get(row_id(row)), one_line(logged) or told(row)
    return Cell(note(found, said) or UNKNOWN, whole=error(found, said) if found else said)


def _image(name: str) -> Cell:
    """Return an image without its registry and project: what is left tells the rows apart."""
    whole = one_line(name)
    parts = whole.split("/")
    if len(parts) > _REGISTRY and "." in parts[0]:
        parts = parts[_REGISTRY:]
    return Cell("/".join(parts) or UNKNOWN, whole=whole)


def _moment(at: datetime | None, now: datetime) -> Cell:
    return Cell(ago(at, now), at=at)


def _lasting(start: datetime | None, end: datetime | None, beside: RowContext, *, active: bool) -> Cell:
    return Cell(duration(seconds_between(start, beside.now if active else end)))


def _runner(row: Execution, beside: RowContext) -> tuple[Cell, ...]:
    log = beside.logs.get(row.name)
    return (
        _text(row.name, row.url),
        _text(row.queue),
        _text(row.region),
        Cell(icons.with_words(row.status)),
        Cell(UNKNOWN if log is None or log.runs is None else str(log.runs)),
        _lasting(row.started or row.created, row.ended, beside, active=row.active),
        _moment(row.created, beside.now),
        _note(row, beside, log.note if log else ""),
    )


def _job(row: CustomJob, beside: RowContext) -> tuple[Cell, ...]:
    return (
        _text(row.job_id, row.url),
        _text(row.display_name),
        _text(row.region),
        Cell(icons.with_words(row.state)),
        _text(beside.machines.get(row.run_id, "")),
        _lasting(row.started, row.ended, beside, active=row.active),
        _moment(row.created, beside.now),
        _note(row, beside),
    )


def _active_build(row: Build, beside: RowContext) -> tuple[Cell, ...]:
    step = f"{row.steps_done}/{row.steps_total}" if row.steps_total else UNKNOWN
    return (
        _text(row.build_id, row.url),
        _image(row.image),
        _text(row.region),
        Cell(icons.with_words(row.status)),
        Cell(step),
        _lasting(row.started, row.ended, beside, active=row.active),
        _moment(row.created, beside.now),
    )


def _recent_build(row: Build, beside: RowContext) -> tuple[Cell, ...]:
    return (
        _text(row.build_id, row.url),
        _image(row.image),
        _text(row.region),
        Cell(icons.with_words(row.status)),
        _lasting(row.started, row.ended, beside, active=row.active),
        _moment(row.ended, beside.now),
        _note(row, beside),
    )


def _run(row: Run, beside: RowContext, *, finished: bool) -> tuple[Cell, ...]:
    seconds = row.runtime
    if seconds is None and row.state is RunState.RUNNING:
        seconds = seconds_between(row.created, beside.now)
    return (
        _text(row.run_id, row.url),
        _text(row.name),
        Cell(icons.with_words(row.state)),
        Cell(duration(seconds)),
        _text(row.by),
        _moment(row.heartbeat if finished else row.created, beside.now),
    )


def _item(row: QueueItem, beside: RowContext) -> tuple[Cell, ...]:
    return (
        _text(row.run_id),
        _text(row.name),
        Cell(f"{icons.with_words(row.state)} in queue"),
        Cell(UNKNOWN),
        _text(row.author),
        _moment(row.created, beside.now),
    )
