"""Selection of the rows that a scan shows: the newest of each table, and all active ones."""

from __future__ import annotations

from collections.abc import Sequence
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

_ACTIVE_RUN_STATES = frozenset(
    {RunState.PENDING, RunState.LEASED, RunState.CLAIMED, RunState.RUNNING, RunState.PREEMPTING}
)
_FAILED = frozenset(
    {
        ExecutionStatus.FAILED,
        JobState.FAILED,
        JobState.EXPIRED,
        BuildStatus.FAILURE,
        BuildStatus.INTERNAL_ERROR,
        BuildStatus.TIMEOUT,
        BuildStatus.EXPIRED,
        RunState.FAILED,
        RunState.CRASHED,
        QueueItemState.FAILED,
    },
)
RECENT = timedelta(days=1)
_MIN_TIME = datetime.min.replace(tzinfo=UTC)


def all_rows(scan: Scan, section: Section) -> tuple[Row, ...]:
    """Return all rows of a section, newest first; rows without a time come last.

    Queue items that failed or that have a run in the same section are left out.
    """
    rows = _received_rows(scan, section)
    return _without_started_items(rows) if section is Section.RUNS else rows


def table_rows(scan: Scan, section: Section) -> tuple[Row, ...]:
    """Return the rows of one table: the newest ones, then all older active ones."""
    if section not in scan.shown_rows:
        rows, limit = all_rows(scan, section), LIMITS[section]
        older = () if limit is None else tuple(filter(is_active, rows[limit:]))
        scan.shown_rows[section] = (*rows[:limit], *older)
    return scan.shown_rows[section]


def failed_items(scan: Scan) -> tuple[QueueItem, ...]:
    """Return all failed queue items, newest first."""
    rows = _received_rows(scan, Section.RUNS)
    return tuple(row for row in rows if isinstance(row, QueueItem) and _is_failed_item(row))


def recently_failed_items(scan: Scan) -> tuple[QueueItem, ...]:
    """Return the failed queue items of the last day, newest first; W&B never deletes old ones."""
    since = scan.started - RECENT
    return tuple(item for item in failed_items(scan) if item.created is not None and item.created > since)


def is_active(row: Row) -> bool:
    """Return True if the row is waiting or running."""
    if isinstance(row, Run):
        return row.state in _ACTIVE_RUN_STATES
    return not _is_failed_item(row) if isinstance(row, QueueItem) else row.active


def has_failed(row: Row) -> bool:
    """Return True if the row failed; cancelled and killed rows have not."""
    return (row.status if isinstance(row, Execution | Build) else row.state) in _FAILED


def failed_after_start(row: Row) -> bool:
    """Return True if the row failed after it had started; a row that expired while queued has no log."""
    match row:
        case Build(status=BuildStatus.EXPIRED) | CustomJob(state=JobState.EXPIRED, started=None):
            return False
        case _:
            return has_failed(row)


def row_id(row: Row) -> str:
    """Return the id of a row in diagnoses and actions."""
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


def _received_rows(scan: Scan, section: Section) -> tuple[Row, ...]:
    if section not in scan.sorted_rows:
        answers = [cell.answer for cell in scan.of(section)]
        rows = [row for answer in answers if isinstance(answer, (Rows, Stale)) for row in answer.rows]
        scan.sorted_rows[section] = tuple(sorted(rows, key=_created, reverse=True))
    return scan.sorted_rows[section]


def _created(row: Row) -> datetime:
    return row.created or _MIN_TIME


def _without_started_items(rows: Sequence[Row]) -> tuple[Row, ...]:
    runs = {row.run_id for row in rows if isinstance(row, Run)}
    return tuple(
        row
        for row in rows
        if not (isinstance(row, QueueItem) and (_is_failed_item(row) or row.run_id in runs))
    )


def _is_failed_item(item: QueueItem) -> bool:
    return item.state is QueueItemState.FAILED
