"""Which rows of a scan are shown: the newest few of each table, and whatever is still at work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from bot.models.cloud import Build, CustomJob, Execution, QueueItem, Run
from bot.models.scan import Row, Rows, Scan, Section, Stale

# Rows of each table; None means all.
LIMITS: dict[Section, int | None] = {
    Section.RUNNERS: 5,
    Section.BUILDS: None,
    Section.RECENT_BUILDS: 4,
    Section.JOBS: 10,
    Section.RUNS: None,
    Section.COMPLETED: 10,
}

_EVER = datetime.min.replace(tzinfo=UTC)


def rows_of(scan: Scan, section: Section) -> tuple[Row, ...]:
    """All rows that the cells of a section hold, newest first; a row without a time comes last."""
    rows = [
        row for cell in scan.of(section) if isinstance(cell.answer, Rows | Stale) for row in cell.answer.rows
    ]
    return tuple(sorted(rows, key=_newest, reverse=True))


def shown_rows(scan: Scan, section: Section) -> tuple[Row, ...]:
    """The rows that a section shows, newest first."""
    rows = rows_of(scan, section)
    limit = LIMITS[section]
    if limit is None:
        return rows
    newest = set(map(id, rows[:limit]))
    return tuple(row for row in rows if id(row) in newest or at_work(row))


def at_work(row: Row) -> bool:
    """Whether a row is always shown: a runner, build or job that has not ended."""
    return isinstance(row, Execution | CustomJob | Build) and row.active


def row_id(row: Row) -> str:
    """What a diagnosis and an action name this row by."""
    match row:
        case Execution():
            return row.name
        case CustomJob():
            return row.job_id
        case Build():
            return row.build_id
        case Run():
            return row.run_id
        case QueueItem():
            return row.item_id


def newest_first(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows by their time of creation; those without one last."""
    return tuple(sorted(rows, key=_newest, reverse=True))


def _newest(row: Row) -> datetime:
    return row.created or _EVER
