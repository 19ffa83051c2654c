"""The six tables of a scan, without a look yet: rows, heading, and what could not be asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from bot.models.scan import EVERYTHING, Scan, Section
from bot.models.scan_rows import all_rows, failed_items, items_failed_lately, table_rows
from formatting import icons
from formatting.failure.api_problems import with_mend
from formatting.monitor.columns import COLUMNS, RowContext, cells
from formatting.monitor.footers import gaps, unanswered
from formatting.monitor.headings import heading, nothing
from formatting.monitor.row_actions import acts
from formatting.slack.text import count, sentence
from formatting.table.model import Table
from formatting.table.text import fitting

_NO_MACHINES: Mapping[str, str] = MappingProxyType({})


def tables(scan: Scan, now: datetime, machines: Mapping[str, str] = _NO_MACHINES) -> tuple[Table, ...]:
    """Return the tables of the sections that were asked, in order; `machines` holds machine types by run id."""
    beside = RowContext(
        now=now,
        found={found.row_id: found for found in scan.found},
        logs={log.execution: log for log in scan.logs},
        machines=machines,
    )
    return tuple(_table(scan, section, beside) for section in scan.sections)


def _table(scan: Scan, section: Section, beside: RowContext) -> Table:
    columns = COLUMNS[section]
    asked = tuple(scan.of(section))
    shown = table_rows(scan, section)
    rows = tuple(cells(section, row, beside) for row in shown)
    return Table(
        section=section,
        heading=heading(section, shown, len(all_rows(scan, section)), complete=not unanswered(asked)),
        columns=columns,
        rows=rows,
        footers=(*_of_logs(scan, section), *_of_items(scan, section), *gaps(scan, section)),
        nothing="" if rows else nothing(section, asked, narrowed=scan.only != EVERYTHING),
        overflow=len(rows) - fitting(columns, rows),
        acts=acts(section, shown),
    )


def _of_logs(scan: Scan, section: Section) -> tuple[str, ...]:
    """Why a runner's runs and notes are not known, when the scan's one log query failed."""
    if section is not Section.RUNNERS or scan.logs_problem is None:
        return ()
    why = with_mend(scan.logs_problem, "read logs", "logging.logEntries.list")
    return (sentence(f"Runs are not known: {why}"),)


def _of_items(scan: Scan, section: Section) -> tuple[str, ...]:
    """Items that failed long ago have no row and no words of their own, and are not kept quiet either."""
    if section is not Section.RUNS:
        return ()
    old = len(failed_items(scan)) - len(items_failed_lately(scan))
    return (f"{icons.FAILED} {count(old, 'queue item')} failed more than a day ago.",) if old else ()
