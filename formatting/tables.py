"""The six tables of a scan, without a look yet: rows, heading, and what could not be asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from bot.models.scan import EVERYTHING, Scan, Section
from bot.models.shown import all_rows, failed_items, table_rows
from formatting import glyphs
from formatting.acts import acts
from formatting.columns import COLUMNS, Beside, cells
from formatting.gaps import gaps, unanswered
from formatting.headings import heading, nothing
from formatting.notes import note
from formatting.problems import with_mend
from formatting.table import Table
from formatting.table_text import fitting
from formatting.text import count, cut, one_line, sentence
from formatting.times import ago

_NO_MACHINES: Mapping[str, str] = MappingProxyType({})
_ERROR = 200


def tables(scan: Scan, now: datetime, machines: Mapping[str, str] = _NO_MACHINES) -> tuple[Table, ...]:
    """The tables of the sections that were asked, in order; `machines` holds machine types by run id."""
    beside = Beside(
        now=now,
        notes={found.row_id: note(found) for found in scan.found},
        logs={log.execution: log for log in scan.logs},
        machines=machines,
    )
    return tuple(_table(scan, section, beside) for section in scan.sections)


def _table(scan: Scan, section: Section, beside: Beside) -> Table:
    columns = COLUMNS[section]
    asked = tuple(scan.of(section))
    shown = table_rows(scan, section)
    rows = tuple(cells(section, row, beside) for row in shown)
    return Table(
        section=section,
        heading=heading(section, shown, len(all_rows(scan, section)), complete=not unanswered(asked)),
        columns=columns,
        rows=rows,
        footers=(*_of_logs(scan, section), *_of_items(scan, section, beside.now), *gaps(scan, section)),
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


def _of_items(scan: Scan, section: Section, now: datetime) -> tuple[str, ...]:
    """Failed queue items have no row, as they run no more, and are not kept quiet either."""
    failed = failed_items(scan) if section is Section.RUNS else ()
    if not failed:
        return ()
    said = cut(one_line(failed[0].error).rstrip("."), _ERROR) or "W&B gives no reason"
    when = f" {ago(failed[0].created, now)}" if failed[0].created else ""
    return (sentence(f"{glyphs.FAILED} {count(len(failed), 'queue item')} failed, the newest{when}: {said}"),)
