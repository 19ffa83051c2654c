"""A failed runner, job or build, made ready to be shown: its facts, and the error as far as it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.models.cloud import Build, CustomJob, Execution, QueueItem
from bot.models.diagnosis import Diagnosis
from bot.models.regions import NO_REGION
from bot.models.scan import Row, RowDiagnosis, Scan, Section
from bot.models.scan_rows import ended_badly, items_failed_lately, row_id, table_rows
from formatting import icons
from formatting.failure.note import error, told
from formatting.slack.text import UNKNOWN, cut, one_line

MOST = 5  # in one message
_ERROR = 400
_FACT = 100


@dataclass(frozen=True, slots=True)
class FailureView:
    """A failure: whose it is, its facts in order, the error, and its log if that was read. Not escaped.

    `logged` tells whether there is a log at all: a queue item has its error and nothing else. When no error
    is `known`, neither by the log nor by the platform, `error` says why.
    """

    section: Section
    region: str
    row_id: str
    facts: tuple[tuple[str, str], ...]
    error: str
    diagnosis: Diagnosis | None = None
    log_url: str = ""
    logged: bool = True
    known: bool = True


def failure_views(scan: Scan, section: Section) -> tuple[FailureView, ...]:
    """Return the failures among the rows of a section, newest first; with the runs come failed queue items."""
    found = {one.row_id: one for one in scan.found}
    runs = {log.execution: log.runs for log in scan.logs}
    rows: list[Row] = [row for row in table_rows(scan, section) if ended_badly(row)]
    if section is Section.RUNS:
        rows += items_failed_lately(scan)
    views = (view_of(section, row, found.get(row_id(row)), runs=runs) for row in rows)
    return tuple(view for view in views if view is not None)


def view_of(
    section: Section, row: Row, found: RowDiagnosis | None, *, runs: Mapping[str, int | None]
) -> FailureView | None:
    """One failure; None for runs of W&B, whose logs we do not read. `runs` counts runs by execution."""
    if isinstance(row, QueueItem):
        return _item(row, found)
    if not isinstance(row, Execution | CustomJob | Build):
        return None
    facts = _facts(row, runs)
    return FailureView(
        section=section,
        region=row.region,
        row_id=row_id(row),
        facts=facts,
        error=error(found, told(row)),
        known=bool(told(row)) or _has_cause(found),
        diagnosis=found.finding if found and isinstance(found.finding, Diagnosis) else None,
        log_url=found.log_url if found else "",
    )


def _has_cause(found: RowDiagnosis | None) -> bool:
    return found is not None and isinstance(found.finding, Diagnosis) and found.finding.has_error


def _item(row: QueueItem, found: RowDiagnosis | None) -> FailureView:
    facts = (
        ("Item", row.name),
        ("Run", row.run_id),
        ("Queue", row.queue),
        ("By", row.author),
        ("State", "FAILED"),
    )
    diagnosis = found.finding if found and isinstance(found.finding, Diagnosis) else None
    said = told(row).rstrip(". ") or "W&B gives no reason"
    return FailureView(Section.RUNS, NO_REGION, row.item_id, facts, said, diagnosis, logged=False)


def _facts(row: Execution | CustomJob | Build, runs: Mapping[str, int | None]) -> tuple[tuple[str, str], ...]:
    """Return the facts of a row with their labels."""
    region = ("Region", row.region)
    if isinstance(row, Execution):
        counted = runs.get(row.name)
        jobs = ("Jobs", UNKNOWN if counted is None else str(counted))
        status = ("Status", icons.words(row.status).upper())
        return (("Execution", row.name), ("Queue", row.queue), region, status, jobs)
    if isinstance(row, CustomJob):
        state = ("State", icons.words(row.state).upper())
        return (("Job", row.job_id), ("Name", row.display_name), region, state)
    status = ("Status", icons.words(row.status).upper())
    return (("Build", row.build_id), ("Image", row.image), region, status)


def facts_text(view: FailureView) -> str:
    """Return the facts in aligned plain lines, not escaped."""
    (first, name), *rest = view.facts
    return "\n".join(
        [f"{first}: {_fact(name)}", *(f"  {label + ':':<9} {_fact(value)}" for label, value in rest)]
    )


def error_text(view: FailureView) -> str:
    """Return the error in one plain line, not escaped; where none is known, why that is so."""
    said = cut(view.error, _ERROR)
    return f"❌ ERROR: {said}" if view.known else f"❌ No error is known: {said[:1].lower()}{said[1:]}"


def block_text(view: FailureView) -> str:
    """Return the facts and the error as a terminal shows them, not escaped."""
    return f"{facts_text(view)}\n  {error_text(view)}"


def _fact(value: str) -> str:
    return cut(one_line(value), _FACT) or UNKNOWN
