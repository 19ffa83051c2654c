"""Reads the log of something that failed, within the one budget of log reads, and diagnoses it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from bot.diagnosis import Rule, diagnose_lines
from bot.models.cloud import LogEntry
from bot.models.diagnosis import Category, Diagnosis, Source
from bot.ports import LogPage, Logs, LogScope
from bot.redaction import safe_lines

PAGE = 1000  # entries; the most that one read of Cloud Logging returns
# A cause lies near the end of almost every log; one that does not is looked for this many pages back.
PAGES = 3
READ_SECONDS = 30.0  # waiting for the budget included
# A private key that begins before the lines shown is only known as one from its first line.
LOOK_BACK = 60


class LogDiagnoser:
    """Diagnoses by log; every read spends one unit of the quota of 60 a minute and project."""

    def __init__(self, logs: Logs, rules: tuple[Rule, ...], *, before: int, after: int) -> None:
        self._logs = logs
        self._before = before
        self._after = after
        self._rules = rules

    def url(self, scope: LogScope) -> str:
        """Return a link that opens this log."""
        return self._logs.console_url(scope)

    async def read(self, scope: LogScope, *, context: int | None = None) -> Diagnosis | None:
        """Return the diagnosis of the log, None while it is empty. Raise ServiceError when it cannot be read.

        `context` is how many lines are wanted around the cause, a fifth of them before it; by default
        as many as the settings say.
        """
        entries: list[LogEntry] = []
        diagnosis: Diagnosis | None = None
        cursor = ""
        for _ in range(PAGES):
            page = await self._page(scope, cursor)
            entries.extend(page.entries)
            cursor = page.cursor
            if entries:
                diagnosis = await self._diagnose(scope, entries, context)
            if not cursor or (diagnosis is not None and _known(diagnosis)):
                break
        return diagnosis

    async def from_message(self, words: str) -> Diagnosis:
        """Return the diagnosis of a service's own words, of a failure that has no log; without a context."""
        # As the agent itself logs it: a line alone is taken for an error only if it is called one.
        lines = [f"wandb: ERROR {line}" for line in words.split("\n")]
        diagnosis = await asyncio.to_thread(diagnose_lines, lines, source=Source.CLOUD_RUN, rules=self._rules)
        return replace(diagnosis, context=(), context_root=None)

    async def lines(self, scope: LogScope, *, limit: int) -> tuple[str, ...]:
        """Return the newest `limit` lines of the log, oldest first, safe to show."""
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
            scope, newest_first=True, limit=PAGE, cursor=cursor, deadline=READ_SECONDS
        )

    async def _diagnose(self, scope: LogScope, entries: list[LogEntry], context: int | None) -> Diagnosis:
        ordered = oldest_first(entries)
        before = self._before if context is None else context // 5
        after = self._after if context is None else context - before - 1
        # A long log takes long enough to hold up acks.
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
    around: tuple[int, int],
) -> Diagnosis:
    diagnosis = diagnose_lines(lines, source=source, severities=severities, rules=rules)
    root = diagnosis.root_cause_index
    if root is None:
        return diagnosis
    start = max(0, root - around[0])
    look = max(0, start - LOOK_BACK)
    shown = safe_lines(lines[look : root + around[1] + 1])
    return replace(diagnosis, context=shown[start - look :], context_root=root - start)


def oldest_first(entries: list[LogEntry]) -> list[LogEntry]:
    """Entries in the order of writing, as well as it can be known: by time, then by insert id."""
    return sorted(entries, key=_order)


def _order(entry: LogEntry) -> tuple[datetime, str]:
    return (entry.at, entry.insert_id)


def _known(diagnosis: Diagnosis) -> bool:
    return diagnosis.has_error and diagnosis.category is not Category.UNKNOWN
