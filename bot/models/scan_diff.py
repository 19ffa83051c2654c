"""The difference between two scans; the snapshot of the earlier one is small enough to store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.models.cloud import Build, CustomJob, Execution, Run
from bot.models.regions import NO_REGION
from bot.models.scan import Cell, Nothing, Row, Rows, Scan, Section, Service
from bot.models.scan_rows import failed_items, has_failed, is_active, row_id, table_rows

# Builds and runs move to another table when they end, but keep their kind.
_KINDS = MappingProxyType(
    {
        Service.RUNNERS: "runner",
        Service.BUILDS_ACTIVE: "build",
        Service.BUILDS_RECENT: "build",
        Service.JOBS: "job",
        Service.RUNS_ACTIVE: "run",
        Service.QUEUE_ITEMS: "run",
        Service.RUNS_COMPLETED: "run",
    }
)
# Tolerance for clock differences between systems when comparing with the time of the earlier scan.
_SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ScanSnapshot:
    """The rows that a scan showed, by key, and the places that were read; compared with a later scan.

    A place is "kind/region", a key "kind/region/id".
    """

    at: datetime
    places: frozenset[str]
    working: frozenset[str]
    over: frozenset[str]


@dataclass(frozen=True, slots=True)
class Changes:
    """The number of rows that finished, failed, appeared or disappeared since the start of the earlier scan.

    `partial` means that some places were not read in both scans, so that their changes are unknown.
    `since` is None if there is no earlier snapshot.
    """

    since: datetime | None
    finished: int = 0
    failed: int = 0
    appeared: int = 0
    gone: int = 0
    partial: bool = False


UNKNOWN_CHANGES = Changes(since=None)


def take_snapshot(scan: Scan) -> ScanSnapshot:
    """Return the snapshot of a scan."""
    rows = dict(_rows(scan))
    return ScanSnapshot(
        at=scan.started,
        places=_answered_places(scan.cells),
        working=frozenset(key for key, row in rows.items() if is_active(row)),
        over=frozenset(key for key, row in rows.items() if not is_active(row)),
    )


def changes(before: ScanSnapshot, after: Scan) -> Changes:
    """Count the rows that ended, appeared or disappeared in places that both scans read.

    A row that is no longer listed does not count as finished, because its outcome is unknown. A row that
    is listed only now counts if it ended after the earlier scan; older rows may return to a table.
    """
    now = _answered_places(after.cells)
    comparable = before.places & now
    rows = {key: row for key, row in _rows(after) if _place(key) in comparable}
    known = before.working | before.over
    ended = [
        row
        for key, row in rows.items()
        if not is_active(row)
        and (key in before.working or (key not in known and _ended_since(row, before.at)))
    ]
    failed = sum(map(has_failed, ended))
    return Changes(
        before.at,
        finished=len(ended) - failed,
        failed=failed,
        appeared=sum(key not in known and is_active(row) for key, row in rows.items()),
        gone=sum(_place(key) in comparable and key not in rows for key in before.working),
        partial=comparable != {_place_of(cell) for cell in after.cells},
    )


def _rows(scan: Scan) -> Iterator[tuple[str, Row]]:
    """Yield the shown rows by key, active ones first, so that in a dict the ended one of a pair wins."""
    rows = [row for section in scan.sections for row in table_rows(scan, section)]
    if Section.RUNS in scan.sections:
        rows += failed_items(scan)
    for row in sorted(rows, key=is_active, reverse=True):
        yield _key(row), row


def _key(row: Row) -> str:
    match row:
        case Execution():
            return f"runner/{row.region}/{row.name}"
        case CustomJob():
            return f"job/{row.region}/{row.job_id}"
        case Build():
            return f"build/{row.region}/{row.build_id}"
        case _:
            # A queue item becomes the run with its run id.
            return f"run/{NO_REGION}/{row.run_id or row_id(row)}"


def _place(key: str) -> str:
    kind, region, _ = key.split("/", 2)
    return f"{kind}/{region}"


def _place_of(cell: Cell) -> str:
    return f"{_KINDS[cell.service]}/{cell.region}"


def _answered_places(cells: tuple[Cell, ...]) -> frozenset[str]:
    """Return the places in which every cell has current rows; stale rows do not count."""
    unanswered = {_place_of(cell) for cell in cells if not isinstance(cell.answer, Rows | Nothing)}
    return frozenset({_place_of(cell) for cell in cells} - unanswered)


def _ended_since(row: Row, since: datetime) -> bool:
    """Return True if its last known time is not before `since`."""
    ended = row.ended if isinstance(row, Execution | CustomJob | Build) else None
    ended = row.heartbeat if isinstance(row, Run) else ended
    last = ended or row.created
    return last is not None and last >= since - _SKEW
