"""Builds Cloud Logging filters and links to the Logs Explorer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from bot.models.diagnosis import Source
from bot.ports import LogScope

# https://docs.cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list
LONGEST_FILTER = 20_000

EXECUTION_LABEL = "run.googleapis.com/execution_name"
# Resource type and owner label by source: https://docs.cloud.google.com/logging/docs/api/v2/resource-list
_RESOURCES: dict[Source, tuple[str, str]] = {
    Source.CLOUD_RUN: ("cloud_run_job", f'labels."{EXECUTION_LABEL}"'),
    Source.VERTEX: ("ml_job", "resource.labels.job_id"),
    Source.CLOUD_BUILD: ("build", "resource.labels.build_id"),
}


def filter_of(scope: LogScope) -> str:
    """Return a filter for the scope's entries: bounded in time, of every severity.

    Severity is not used: successful programs write errors, and failed ones may write none.
    """
    return " AND ".join(_clauses(scope))


def explorer_url(scope: LogScope, *, project: str) -> str:
    """Return a Logs Explorer link with this filter, positioned at the scope's end (or its start).

    Link format: https://docs.cloud.google.com/logging/docs/view/logs-explorer-interface
    """
    query = quote("\n".join(_clauses(scope)), safe="")
    cursor = _stamp(scope.until or scope.since)
    return (
        f"https://console.cloud.google.com/logs/query;query={query};cursorTimestamp={cursor}"
        f"?project={quote(project, safe='')}"
    )


def _clauses(scope: LogScope) -> list[str]:
    kind, field = _RESOURCES[scope.source]
    clauses = [
        f'resource.type="{kind}"',
        f"{field}={_one_of(scope.owners)}",
        f'timestamp>="{_stamp(scope.since)}"',
    ]
    if scope.until is not None:
        clauses.append(f'timestamp<="{_stamp(scope.until)}"')
    return clauses


def _one_of(values: Iterable[str]) -> str:
    quoted = [_quoted(value) for value in values]
    return quoted[0] if len(quoted) == 1 else f"({' OR '.join(quoted)})"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
