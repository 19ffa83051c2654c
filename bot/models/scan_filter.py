"""Filters for the rows of a scan: own, failed, recent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.models.cloud import Build, CustomJob, Execution, QueueItem, Run
from bot.models.launch import Launch
from bot.models.scan import Answer, AppliedFilter, Nothing, Row, Rows, Scan, Stale
from bot.models.scan_rows import has_failed, is_active


@dataclass(frozen=True, slots=True)
class Mine:
    """What belongs to one user: the runs that they launched, and the runners of those launches."""

    run_ids: frozenset[str] = frozenset()
    runners: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ScanFilter:
    """A row must match every criterion that is set.

    `since`: it ended or was created at that time or later, or it is active.
    """

    failed: bool = False
    since: datetime | None = None
    mine: Mine | None = None


def owned_by(launches: Iterable[Launch], user_id: str) -> Mine:
    """Return the runs and runners of a user's stored launches; a launch's id is its run id."""
    own = [launch for launch in launches if launch.user_id == user_id]
    return Mine(
        run_ids=frozenset(launch.launch_id for launch in own),
        runners=frozenset(use.name for launch in own for use in launch.runners if use.name),
    )


def filter_scan(scan: Scan, criteria: ScanFilter) -> Scan:
    """Return the scan with only the matching rows; failed cells are unchanged."""
    if criteria == ScanFilter():
        return scan
    cells = tuple(replace(cell, answer=_filter_answer(cell.answer, criteria)) for cell in scan.cells)
    return replace(
        scan,
        cells=cells,
        applied_filter=AppliedFilter(criteria.mine is not None, criteria.failed, criteria.since),
    )


def _filter_answer(answer: Answer, criteria: ScanFilter) -> Answer:
    match answer:
        case Rows(rows):
            kept = tuple(row for row in rows if _matches(row, criteria))
            return Rows(kept) if kept else Nothing()
        case Stale(rows):
            return replace(answer, rows=tuple(row for row in rows if _matches(row, criteria)))
        case _:
            return answer


def _matches(row: Row, criteria: ScanFilter) -> bool:
    return (
        (not criteria.failed or has_failed(row))
        and (criteria.since is None or is_active(row) or _last(row, criteria.since) >= criteria.since)
        and (criteria.mine is None or _is_owned(row, criteria.mine))
    )


def _last(row: Row, default: datetime) -> datetime:
    """Return the last known time of a row, else `default`, so that a row without times is kept."""
    ended = row.ended if isinstance(row, Execution | CustomJob | Build) else None
    ended = row.heartbeat if isinstance(row, Run) else ended
    return ended or row.created or default


def _is_owned(row: Row, mine: Mine) -> bool:
    match row:
        case Execution():
            return row.launch_id in mine.run_ids or row.name in mine.runners
        case CustomJob() | Run() | QueueItem():
            return row.run_id in mine.run_ids
        case Build():
            return False  # a build names no user
