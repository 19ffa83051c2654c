"""Builds the six tables of a scan: rows, heading, footers and actions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from bot.models.scan import NO_FILTER, Scan, Section
from bot.models.scan_rows import all_rows, failed_items, recently_failed_items, table_rows
from formatting import icons
from formatting.failure.api_problems import problem_with_remedy
from formatting.monitor.columns import COLUMNS, RowContext, cells
from formatting.monitor.footers import footers, unanswered
from formatting.monitor.headings import empty_text, heading
from formatting.monitor.row_actions import row_actions
from formatting.slack.text import count, sentence
from formatting.table.model import Table
from formatting.table.text import fitting

_NO_MACHINES: Mapping[str, str] = MappingProxyType({})


def tables(scan: Scan, now: datetime, machines: Mapping[str, str] = _NO_MACHINES) -> tuple[Table, ...]:
    """Return the tables of the queried sections, in order. `machines` holds machine types by run id."""
    context = RowContext(
        now=now,
        found={found.row_id: found for found in scan.found},
        logs={log.execution: log for log in scan.logs},
        machines=machines,
    )
    return tuple(_table(scan, section, context) for section in scan.sections)


def _table(scan: Scan, section: Section, context: RowContext) -> Table:
    columns = COLUMNS[section]
    queried = tuple(scan.of(section))
    section_rows = table_rows(scan, section)
    rows = tuple(cells(section, row, context) for row in section_rows)
    return Table(
        section=section,
        heading=heading(
            section, section_rows, len(all_rows(scan, section)), complete=not unanswered(queried)
        ),
        columns=columns,
        rows=rows,
        footers=(*_log_footers(scan, section), *_queue_item_footers(scan, section), *footers(scan, section)),
        empty_text="" if rows else empty_text(section, queried, filtered=scan.applied_filter != NO_FILTER),
        overflow=len(rows) - fitting(columns, rows),
        row_actions=row_actions(section, section_rows),
    )


def _log_footers(scan: Scan, section: Section) -> tuple[str, ...]:
    """Return why the runners' runs and notes are not known, if the scan's log query failed."""
    if section is not Section.RUNNERS or scan.logs_problem is None:
        return ()
    why = problem_with_remedy(scan.logs_problem, "read logs", "logging.logEntries.list")
    return (sentence(f"Runs are not known: {why}"),)


def _queue_item_footers(scan: Scan, section: Section) -> tuple[str, ...]:
    """Return the number of queue items that failed too long ago to have a row."""
    if section is not Section.RUNS:
        return ()
    old = len(failed_items(scan)) - len(recently_failed_items(scan))
    return (f"{icons.FAILED} {count(old, 'queue item')} failed more than a day ago.",) if old else ()
