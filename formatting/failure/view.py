"""View models of failed runners, jobs, builds and queue items: facts, error and diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.models.cloud import Build, CustomJob, Execution, QueueItem
from bot.models.diagnosis import Diagnosis
from bot.models.regions import NO_REGION
from bot.models.scan import Row, RowDiagnosis, Scan, Section
from bot.models.scan_rows import has_failed, recently_failed_items, row_id, table_rows
from formatting import icons
from formatting.failure.note import cause_or_reason, platform_reason
from formatting.slack.text import UNKNOWN, cut, one_line

MOST = 5  # failures in one message
_ERROR = 400
_FACT = 100


@dataclass(frozen=True, slots=True)
class FailureView:
    """A failed row: its identity, labelled facts, error, and diagnosis if its log was read. Not escaped.

    `logged` is False for queue items, which have an error but no log. `known` is False when neither the log
    nor the platform gives an error; `error` then says why.
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
    """Return the failed rows of a section, newest first. Active runs also include failed queue items."""
    found = {one.row_id: one for one in scan.found}
    runs = {log.execution: log.runs for log in scan.logs}
    rows: list[Row] = [row for row in table_rows(scan, section) if has_failed(row)]
    if section is Section.RUNS:
        rows += recently_failed_items(scan)
    views = (view_of(section, row, found.get(row_id(row)), runs=runs) for row in rows)
    return tuple(view for view in views if view is not None)


def view_of(
    section: Section, row: Row, found: RowDiagnosis | None, *, runs: Mapping[str, int | None]
) -> FailureView | None:
    """Return one failure; None for W&B runs, whose logs are not read.

    `runs` is the number of runs by execution name.
    """
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
        error=cause_or_reason(found, platform_reason(row)),
        known=bool(platform_reason(row)) or _has_cause(found),
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
    text = platform_reason(row).rstrip(". ") or "W&B gives no reason"
    return FailureView(Section.RUNS, NO_REGION, row.item_id, facts, text, diagnosis, logged=False)


def _facts(row: Execution | CustomJob | Build, runs: Mapping[str, int | None]) -> tuple[tuple[str, str], ...]:
    """Return the labelled facts of a row."""
    region = ("Region", row.region)
    if isinstance(row, Execution):
        run_count = runs.get(row.name)
        jobs = ("Jobs", UNKNOWN if run_count is None else str(run_count))
        status = ("Status", icons.state_text(row.status).upper())
        return (("Execution", row.name), ("Queue", row.queue), region, status, jobs)
    if isinstance(row, CustomJob):
        state = ("State", icons.state_text(row.state).upper())
        return (("Job", row.job_id), ("Name", row.display_name), region, state)
    status = ("Status", icons.state_text(row.status).upper())
    return (("Build", row.build_id), ("Image", row.image), region, status)


def facts_text(view: FailureView) -> str:
    """Return the facts in aligned plain lines, not escaped."""
    (first, name), *rest = view.facts
    return "\n".join(
        [f"{first}: {_fact(name)}", *(f"  {label + ':':<9} {_fact(value)}" for label, value in rest)]
    )


def error_text(view: FailureView) -> str:
    """Return the error in one plain line, not escaped; if it is not known, the reason for that."""
    text = cut(view.error, _ERROR)
    return f"❌ ERROR: {text}" if view.known else f"❌ No error is known: {text[:1].lower()}{text[1:]}"


def block_text(view: FailureView) -> str:
    """Return the facts and the error for a terminal, not escaped."""
    return f"{facts_text(view)}\n  {error_text(view)}"


def _fact(value: str) -> str:
    return cut(one_line(value), _FACT) or UNKNOWN
