"""Which rows of a scan are shown: the newest few of each table, and whatever is still at work."""

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

_RUNS_AT_WORK = frozenset(
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
LATELY = timedelta(days=1)
_EVER = datetime.min.replace(tzinfo=UTC)


def all_rows(scan: Scan, section: Section) -> tuple[Row, ...]:
    """Every row that came for a section, newest first; a row without a time comes last.

    Queue items whose run is there too are left out, and failed ones, which run no more.
    """
    rows = _came(scan, section)
    return _without_echoes(rows) if section is Section.RUNS else rows


def table_rows(scan: Scan, section: Section) -> tuple[Row, ...]:
    """Return the rows of one table: the newest few, and behind them every row at work, however old."""
    if section not in scan.in_table:
        rows, limit = all_rows(scan, section), LIMITS[section]
        older = () if limit is None else tuple(filter(at_work, rows[limit:]))
        scan.in_table[section] = (*rows[:limit], *older)
    return scan.in_table[section]


def failed_items(scan: Scan) -> tuple[QueueItem, ...]:
    """Return the queue items that failed, newest first."""
    rows = _came(scan, Section.RUNS)
    return tuple(row for row in rows if isinstance(row, QueueItem) and _over(row))


def items_failed_lately(scan: Scan) -> tuple[QueueItem, ...]:
    """Those of the last day, newest first; W&B keeps the older ones for ever."""
    since = scan.started - LATELY
    return tuple(item for item in failed_items(scan) if item.created is not None and item.created > since)


def at_work(row: Row) -> bool:
    """Whether it is waiting or working, as far as we can tell."""
    if isinstance(row, Run):
        return row.state in _RUNS_AT_WORK
    return not _over(row) if isinstance(row, QueueItem) else row.active


def ended_badly(row: Row) -> bool:
    """Whether it failed by itself: not cancelled, not killed."""
    return (row.status if isinstance(row, Execution | Build) else row.state) in _FAILED


def failed_at_work(row: Row) -> bool:
    """Whether it failed and had begun before: what expired while it waited for its turn wrote no log."""
    match row:
        case Build(status=BuildStatus.EXPIRED) | CustomJob(state=JobState.EXPIRED, started=None):
            return False
        case _:
            return ended_badly(row)


def row_id(row: Row) -> str:
    """Return what a diagnosis and an action name this row by."""
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


def _came(scan: Scan, section: Section) -> tuple[Row, ...]:
    if section not in scan.in_order:
        answers = [cell.answer for cell in scan.of(section)]
        rows = [row for answer in answers if isinstance(answer, (Rows, Stale)) for row in answer.rows]
        scan.in_order[section] = tuple(sorted(rows, key=_newest, reverse=True))
    return scan.in_order[section]


def _newest(row: Row) -> datetime:
    return row.created or _EVER


def _without_echoes(rows: Sequence[Row]) -> tuple[Row, ...]:
    runs = {row.run_id for row in rows if isinstance(row, Run)}
    return tuple(
        row for row in rows if not (isinstance(row, QueueItem) and (_over(row) or row.run_id in runs))
    )


def _over(item: QueueItem) -> bool:
    return item.state is QueueItemState.FAILED
