"""A scan narrowed to the rows that a person asked for: mine, failed, of the last hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.models.cloud import Build, CustomJob, Execution, QueueItem, Run
from bot.models.launch import Launch
from bot.models.scan import Answer, Nothing, Only, Row, Rows, Scan, Stale
from bot.models.scan_rows import at_work, ended_badly


@dataclass(frozen=True, slots=True)
class Mine:
    """What belongs to one person: the runs that they launched, and the runners started for these."""

    run_ids: frozenset[str] = frozenset()
    runners: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ScanFilter:
    """Which rows are wanted; a row must pass all that is set.

    `since`: it ended, or was created, at that time or later, or is at work.
    """

    failed: bool = False
    since: datetime | None = None
    mine: Mine | None = None


def mine_of(launches: Iterable[Launch], user_id: str) -> Mine:
    """Return what a person launched, by the launches that the store knows; a launch's id is its run's."""
    own = [launch for launch in launches if launch.user_id == user_id]
    return Mine(
        run_ids=frozenset(launch.launch_id for launch in own),
        runners=frozenset(use.name for launch in own for use in launch.runners if use.name),
    )


def narrowed(scan: Scan, to: ScanFilter) -> Scan:
    """Return the scan with only the rows wanted; what could not be asked stays as it is."""
    if to == ScanFilter():
        return scan
    cells = tuple(replace(cell, answer=_narrowed(cell.answer, to)) for cell in scan.cells)
    return replace(scan, cells=cells, only=Only(to.mine is not None, to.failed, to.since))


def _narrowed(answer: Answer, to: ScanFilter) -> Answer:
    match answer:
        case Rows(rows):
            kept = tuple(row for row in rows if _wanted(row, to))
            return Rows(kept) if kept else Nothing()
        case Stale(rows):
            return replace(answer, rows=tuple(row for row in rows if _wanted(row, to)))
        case _:
            return answer


def _wanted(row: Row, to: ScanFilter) -> bool:
    return (
        (not to.failed or ended_badly(row))
        and (to.since is None or at_work(row) or _last(row, to.since) >= to.since)
        and (to.mine is None or _is_of(row, to.mine))
    )


def _last(row: Row, otherwise: datetime) -> datetime:
    """Return the last that is known to have happened to a row; a row without times is not hidden."""
    ended = row.ended if isinstance(row, Execution | CustomJob | Build) else None
    ended = row.heartbeat if isinstance(row, Run) else ended
    return ended or row.created or otherwise


def _is_of(row: Row, mine: Mine) -> bool:
    match row:
        case Execution():
            return row.launch_id in mine.run_ids or row.name in mine.runners
        case CustomJob() | Run() | QueueItem():
            return row.run_id in mine.run_ids
        case Build():
            return False  # a build names nobody
