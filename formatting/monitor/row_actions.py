"""The actions offered for the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence

from bot.models.cloud import (
    Build,
    CustomJob,
    Execution,
    Run,
    RunState,
)
from bot.models.regions import NO_REGION
from bot.models.scan import Row, Section
from bot.models.scan_rows import failed_after_start, has_failed
from formatting.slack.text import one_line
from formatting.table.model import RowAction


def row_actions(section: Section, rows: Sequence[Row]) -> tuple[RowAction, ...]:
    """Return Why? for failed runners, jobs and builds, then Cancel for active rows, in row order."""
    possible = [action for row in rows if (action := _row_action(section, row))]
    return tuple(sorted(possible, key=lambda action: action.verb, reverse=True))


def _row_action(section: Section, row: Row) -> RowAction | None:
    if isinstance(row, Run):
        return (
            RowAction("cancel", section, NO_REGION, row.run_id, _label(row.name or row.run_id))
            if _is_active(row)
            else None
        )
    if isinstance(row, Execution):
        row_id, label = row.name, row.name
    elif isinstance(row, CustomJob):
        row_id, label = row.job_id, row.display_name or row.job_id
    elif isinstance(row, Build):
        row_id, label = row.build_id, row.build_id
    else:
        return None
    if has_failed(row):
        why = RowAction("why", section, row.region, row_id, _label(label))
        return why if failed_after_start(row) else None
    return RowAction("cancel", section, row.region, row_id, _label(label)) if row.active else None


def _is_active(run: Run) -> bool:
    return run.state in (RunState.RUNNING, RunState.PENDING)


def _label(name: str) -> str:
    return one_line(name) or "this row"
