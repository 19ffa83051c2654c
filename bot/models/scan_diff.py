"""What happened between two scans of the same places; what is kept of the first is small enough to store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.models.cloud import Build, CustomJob, Execution, Run
from bot.models.regions import NO_REGION
from bot.models.scan import Cell, Nothing, Row, Rows, Scan, Section, Service
from bot.models.scan_rows import at_work, ended_badly, failed_items, row_id, table_rows

# Builds and runs pass from one table into another when they end, and are the same thing all the same.
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
# What ended so long before the earlier scan may have ended after it, by another system's clock.
_SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ScanSnapshot:
    """What a scan showed, to be compared with a later one: rows by key, and the places that answered.

    A place is "kind/region", a key "kind/region/id".
    """

    at: datetime
    places: frozenset[str]
    working: frozenset[str]
    over: frozenset[str]


@dataclass(frozen=True, slots=True)
class Changes:
    """How many things have finished, failed, appeared and gone from the lists since the earlier scan began.

    `partial` means that some places did not answer in both scans, so that nothing is known of them.
    `since` is None when it is not known what the earlier scan showed.
    """

    since: datetime | None
    finished: int = 0
    failed: int = 0
    appeared: int = 0
    gone: int = 0
    partial: bool = False


UNKNOWN_CHANGES = Changes(since=None)


def standing(scan: Scan) -> ScanSnapshot:
    """Return what is to be kept of a scan."""
    rows = dict(_rows(scan))
    return ScanSnapshot(
        at=scan.started,
        places=_answered(scan.cells),
        working=frozenset(key for key, row in rows.items() if at_work(row)),
        over=frozenset(key for key, row in rows.items() if not at_work(row)),
    )


def changes(before: ScanSnapshot, after: Scan) -> Changes:
    """Count what has ended, begun and gone, where both scans got an answer.

    What is no longer listed is not called finished: nobody knows how it ended. What is listed only now
    counts when it ended after the earlier scan: an old row that comes back to the table is no news.
    """
    now = _answered(after.cells)
    both = before.places & now
    rows = {key: row for key, row in _rows(after) if _place(key) in both}
    known = before.working | before.over
    ended = [
        row
        for key, row in rows.items()
        if not at_work(row) and (key in before.working or (key not in known and _lately(row, before.at)))
    ]
    failed = sum(map(ended_badly, ended))
    return Changes(
        before.at,
        finished=len(ended) - failed,
        failed=failed,
        appeared=sum(key not in known and at_work(row) for key, row in rows.items()),
        gone=sum(_place(key) in both and key not in rows for key in before.working),
        partial=both != {_place_of(cell) for cell in after.cells},
    )


def _rows(scan: Scan) -> Iterator[tuple[str, Row]]:
    """The rows shown, by key; of two that are the same thing the one that is over comes last, and stays."""
    rows = [row for section in scan.sections for row in table_rows(scan, section)]
    if Section.RUNS in scan.sections:
        rows += failed_items(scan)
    for row in sorted(rows, key=at_work, reverse=True):
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
            # An item of a queue becomes the run that it asked for.
            return f"run/{NO_REGION}/{row.run_id or row_id(row)}"


def _place(key: str) -> str:
    kind, region, _ = key.split("/", 2)
    return f"{kind}/{region}"


def _place_of(cell: Cell) -> str:
    return f"{_KINDS[cell.service]}/{cell.region}"


def _answered(cells: tuple[Cell, ...]) -> frozenset[str]:
    """Return the places of which every cell was answered, and now: older rows tell nothing of now."""
    silent = {_place_of(cell) for cell in cells if not isinstance(cell.answer, Rows | Nothing)}
    return frozenset({_place_of(cell) for cell in cells} - silent)


def _lately(row: Row, since: datetime) -> bool:
    """Whether it ended after that, as far as its system says when."""
    ended = row.ended if isinstance(row, Execution | CustomJob | Build) else None
    ended = row.heartbeat if isinstance(row, Run) else ended
    last = ended or row.created
    return last is not None and last >= since - _SKEW
