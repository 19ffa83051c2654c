"""A failed runner, job or build, made ready to be shown: its facts, and the error as far as it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.models.cloud import Build, CustomJob, Execution
from bot.models.diagnosis import Diagnosis
from bot.models.scan import Found, Reading, Row, Scan, Section, Unread
from bot.models.shown import ended_badly, row_id, table_rows
from formatting import glyphs
from formatting.notes import note
from formatting.text import UNKNOWN, cut, one_line

MOST = 5
_ERROR = 400
_FACT = 100


@dataclass(frozen=True, slots=True)
class FailureView:
    """A failure: whose it is, its facts in order, the error, and its log if that was read. Not escaped."""

    section: Section
    region: str
    row_id: str
    facts: tuple[tuple[str, str], ...]
    error: str
    diagnosis: Diagnosis | None = None
    log_url: str = ""


def failure_views(scan: Scan, section: Section) -> tuple[FailureView, ...]:
    """The failures among the rows that a section shows, newest first, at most five."""
    found = {one.row_id: one for one in scan.found}
    runs = {log.execution: log.runs for log in scan.logs}
    rows = [row for row in table_rows(scan, section) if ended_badly(row)]
    views = (view_of(section, row, found.get(row_id(row)), runs=runs) for row in rows)
    return tuple(view for view in views if view is not None)[:MOST]


def view_of(
    section: Section, row: Row, found: Found | None, *, runs: Mapping[str, int | None]
) -> FailureView | None:
    """One failure; None for rows of W&B, whose logs we do not read. `runs` counts runs by execution."""
    if not isinstance(row, Execution | CustomJob | Build):
        return None
    facts, told = _facts(row, runs)
    return FailureView(
        section=section,
        region=row.region,
        row_id=row_id(row),
        facts=facts,
        error=error_of(found, one_line(told)),
        diagnosis=found.finding if found and isinstance(found.finding, Diagnosis) else None,
        log_url=found.log_url if found else "",
    )


def _facts(
    row: Execution | CustomJob | Build, runs: Mapping[str, int | None]
) -> tuple[tuple[tuple[str, str], ...], str]:
    """The facts of a row with their labels, and what its platform told of the failure."""
    region = ("Region", row.region)
    if isinstance(row, Execution):
        counted = runs.get(row.name)
        jobs = ("Jobs", UNKNOWN if counted is None else str(counted))
        status = ("Status", glyphs.words(row.status).upper())
        return (("Execution", row.name), ("Queue", row.queue), region, status, jobs), row.reason
    if isinstance(row, CustomJob):
        state = ("State", glyphs.words(row.state).upper())
        return (("Job", row.job_id), ("Name", row.display_name), region, state), row.error
    status = ("Status", glyphs.words(row.status).upper())
    return (("Build", row.build_id), ("Image", row.image), region, status), row.detail


def error_of(found: Found | None, told: str) -> str:
    """The cause if it is known, else what the platform told, else why neither is known."""
    if found is None:
        return told or "No reason is known"
    if isinstance(found.finding, Reading | Unread):
        return f"{told.rstrip('.')}; {note(found)}" if told else note(found)
    return told if told and not found.finding.has_error else note(found)


def facts_text(view: FailureView) -> str:
    """The facts in aligned plain lines, not escaped."""
    (first, name), *rest = view.facts
    return "\n".join(
        [f"{first}: {_fact(name)}", *(f"  {label + ':':<9} {_fact(value)}" for label, value in rest)]
    )


def error_text(view: FailureView) -> str:
    """The error in one plain line, not escaped."""
    return f"❌ ERROR: {cut(view.error, _ERROR)}"


def block_text(view: FailureView) -> str:
    """The facts and the error as a terminal shows them, not escaped."""
    return f"{facts_text(view)}\n  {error_text(view)}"


def _fact(value: str) -> str:
    return cut(one_line(value), _FACT) or UNKNOWN
