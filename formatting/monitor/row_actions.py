"""What a person may do with the rows of a table."""

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
from bot.models.scan_rows import ended_badly, failed_at_work
from formatting.slack.text import one_line
from formatting.table.model import Act


def acts(section: Section, rows: Sequence[Row]) -> tuple[Act, ...]:
    """Why? for failed runners, jobs and builds, then Cancel for what is at work, in the rows' order."""
    possible = [act for row in rows if (act := _act(section, row))]
    return tuple(sorted(possible, key=lambda act: act.verb, reverse=True))


def _act(section: Section, row: Row) -> Act | None:
    if isinstance(row, Run):
        return (
            Act("cancel", section, NO_REGION, row.run_id, _label(row.name or row.run_id))
            if _live(row)
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
    if ended_badly(row):
        why = Act("why", section, row.region, row_id, _label(label))
        return why if failed_at_work(row) else None
    return Act("cancel", section, row.region, row_id, _label(label)) if row.active else None


def _live(run: Run) -> bool:
    return run.state in (RunState.RUNNING, RunState.PENDING)


def _label(name: str) -> str:
    return one_line(name) or "this row"
