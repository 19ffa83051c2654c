"""What happened between two scans of the same places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.models.scan import Row, Scan, Section
from bot.models.shown import all_rows, at_work, ended_badly, row_id


@dataclass(frozen=True, slots=True)
class Changes:
    """How many things have finished, failed and appeared since the earlier scan began."""

    since: datetime
    finished: int = 0
    failed: int = 0
    appeared: int = 0


def changes(before: Scan, after: Scan) -> Changes:
    """Counts what was at work before and has ended since, and what is at work now and was not there before.

    A row that is missing from the later scan is not counted: nobody knows how it ended. A build and a run
    pass from one table into another when they end, and are the same thing all the same.
    """
    old, new = dict(_rows(before)), dict(_rows(after))
    ended = [row for key, row in new.items() if key in old and at_work(old[key]) and not at_work(row)]
    failed = sum(map(ended_badly, ended))
    appeared = sum(key not in old and at_work(row) for key, row in new.items())
    return Changes(before.started, finished=len(ended) - failed, failed=failed, appeared=appeared)


def _rows(scan: Scan) -> Iterator[tuple[tuple[type[Row], str], Row]]:
    for section in Section:
        for row in all_rows(scan, section):
            yield (type(row), row_id(row)), row
