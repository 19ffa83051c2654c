"""Reads the log of a failed job or build, within the rate limit of log reads, and diagnoses it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from bot.diagnosis import Rule, diagnose_lines
from bot.models.cloud import LogEntry
from bot.models.diagnosis import Category, Diagnosis, Source
from bot.ports import LogPage, Logs, LogScope
from bot.redaction import safe_lines

PAGE_SIZE = 1000  # entries; the maximum of one read of Cloud Logging
# The cause is near the end of almost every log; if not, this many pages are read.
MAX_PAGES = 3
READ_SECONDS = 30.0  # including the wait for the rate limiter
# Lines before the context that are redacted with it, for a private key that begins there.
LOOK_BACK = 60


class LogDiagnoser:
    """Diagnoses failures by their log. Each read counts against a project's quota of 60 a minute."""

    def __init__(self, logs: Logs, rules: tuple[Rule, ...], *, before: int, after: int) -> None:
        self._logs = logs
        self._before = before
        self._after = after
        self._rules = rules

    def url(self, scope: LogScope) -> str:
        """Return a link that opens this log."""
        return self._logs.console_url(scope)

    async def read(self, scope: LogScope, *, context: int | None = None) -> Diagnosis | None:
        """Return the diagnosis of the log, or None if it is empty. Raise ServiceError if it cannot be read.

        `context` is the number of lines around the cause, a fifth of them before it; by default the settings
        apply.
        """
        entries: list[LogEntry] = []
        diagnosis: Diagnosis | None = None
        cursor = ""
        for _ in range(MAX_PAGES):
            page = await self._page(scope, cursor)
            entries.extend(page.entries)
            cursor = page.cursor
            if entries:
                diagnosis = await self._diagnose(scope, entries, context)
            if not cursor or (diagnosis is not None and _is_known(diagnosis)):
                break
        return diagnosis

    async def from_message(self, message: str) -> Diagnosis:
        """Return the diagnosis of a service's error message if there is no log; it has no context lines."""
        # Format the message as the agent logs it, as single lines count as errors only if labelled so.
        lines = [f"wandb: ERROR {line}" for line in message.split("\n")]
        diagnosis = await asyncio.to_thread(
            diagnose_lines, lines, source=Source.CLOUD_RUN, causes=self._rules
        )
        return replace(diagnosis, context=(), context_root=None)

    async def lines(self, scope: LogScope, *, limit: int) -> tuple[str, ...]:
        """Return the newest `limit` lines of the log, oldest first, redacted and neutralised."""
        entries: list[LogEntry] = []
        cursor = ""
        while len(entries) < limit:
            page = await self._page(scope, cursor)
            entries.extend(page.entries)
            cursor = page.cursor
            if not cursor:
                break
        texts = [entry.text for entry in oldest_first(entries[:limit])]
        return await asyncio.to_thread(safe_lines, texts)

    async def _page(self, scope: LogScope, cursor: str) -> LogPage:
        return await self._logs.read(
            scope, newest_first=True, limit=PAGE_SIZE, cursor=cursor, deadline=READ_SECONDS
        )

    async def _diagnose(self, scope: LogScope, entries: list[LogEntry], context: int | None) -> Diagnosis:
        ordered = oldest_first(entries)
        before = self._before if context is None else context // 5
        after = self._after if context is None else context - before - 1
        # In a thread: a long log takes long enough to delay acknowledgements.
        return await asyncio.to_thread(
            _diagnosed,
            [entry.text for entry in ordered],
            [entry.severity for entry in ordered],
            scope.source,
            self._rules,
            (before, after),
        )


def _diagnosed(
    lines: list[str],
    severities: list[str],
    source: Source,
    rules: tuple[Rule, ...],
    context: tuple[int, int],
) -> Diagnosis:
    diagnosis = diagnose_lines(lines, source=source, severities=severities, causes=rules)
    root = diagnosis.root_cause_index
    if root is None:
        return diagnosis
    start = max(0, root - context[0])
    redaction_start = max(0, start - LOOK_BACK)
    shown = safe_lines(lines[redaction_start : root + context[1] + 1])
    return replace(diagnosis, context=shown[start - redaction_start :], context_root=root - start)


def oldest_first(entries: list[LogEntry]) -> list[LogEntry]:
    """Return the entries sorted by time, then by insert id."""
    return sorted(entries, key=_sort_key)


def _sort_key(entry: LogEntry) -> tuple[datetime, str]:
    return (entry.at, entry.insert_id)


def _is_known(diagnosis: Diagnosis) -> bool:
    return diagnosis.has_error and diagnosis.category is not Category.UNKNOWN
