"""Adds log information to a scan: one query for all runners, and one read for each new failure."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.logs.diagnosing_reader import LogDiagnoser
from bot.models.cloud import Build, CustomJob, Execution, LogEntry
from bot.models.diagnosis import Category, Confidence, Diagnosis, Source
from bot.models.errors import Problem, ServiceError, StoreError
from bot.models.scan import Reading, Row, RowDiagnosis, RunnerLog, Scan, Section, Unread
from bot.models.scan_rows import failed_after_start, recently_failed_items, row_id, table_rows
from bot.ports import Clock, Diagnoses, Logs, LogScope, Settled
from bot.runtime.single_flight import SingleFlight
from bot.settings import Settings

# The wrapper's count of jobs that its agent has launched, such as "Runs: 3".
RUN_COUNT = re.compile(r"\bRuns:\s*(\d{1,6})\b")
PAGE_SIZE = 1000  # entries; the maximum of one read
READ_SECONDS = 10.0
# A log that is still empty this long after the end stays empty, even if lines are delayed.
MAX_LINE_DELAY = timedelta(minutes=15)
EMPTY = Diagnosis(False, Category.NONE, None, "", (), "", Confidence.HIGH)
MAX_ITEMS = 5  # failed queue items that fit into a message


@dataclass(slots=True)
class ScanEnrichment:
    """The results so far; filled during a scan."""

    logs: tuple[RunnerLog, ...] = ()
    logs_problem: Problem | None = None
    found: dict[str, RowDiagnosis] = field(default_factory=dict)
    counted: bool = False


class ScanEnricher:
    """Reads the logs that a scan needs. Diagnoses that late lines cannot change are never read again."""

    def __init__(
        self, settings: Settings, clock: Clock, logs: Logs, reader: LogDiagnoser, diagnoses: Diagnoses
    ) -> None:
        self._lookback = timedelta(days=settings.logs.lookback_days)
        self._grace = timedelta(seconds=settings.timing.log_grace)
        self._clock = clock
        self._logs = logs
        self._reader = reader
        self._diagnoses = diagnoses
        self._reading: SingleFlight[RowDiagnosis] = SingleFlight(clock, 0.0)
        self._final: dict[str, RowDiagnosis] = {}
        self._provisional: dict[str, tuple[datetime, RowDiagnosis]] = {}
        self._final_counts: dict[str, RunnerLog] = {}

    async def read(self, scan: Scan, enrichment: ScanEnrichment) -> None:
        """Fill `enrichment` for the rows that the scan shows; failures become values in it.

        May be called again when more rows have arrived; earlier results are kept.
        """
        failed = {row_id(row): row for row in _failed(scan) if row_id(row) not in enrichment.found}
        known = await self._known(tuple(failed))
        for name, row in failed.items():
            enrichment.found[name] = known.get(name) or RowDiagnosis(name, Reading(), self.url(row))
        await self._read_items(scan, enrichment)
        runners = [row for row in table_rows(scan, Section.RUNNERS) if isinstance(row, Execution)]
        await asyncio.gather(
            self._count_runs(runners, enrichment),
            *(self._diagnose(row, enrichment) for name, row in failed.items() if name not in known),
        )

    async def close(self) -> None:
        """Cancel the running reads."""
        await self._reading.close()

    def url(self, row: Row) -> str:
        """Return a link to this row's log."""
        scope = log_scope(row, self._clock.now() - self._lookback)
        return self._reader.url(scope) if scope is not None else ""

    async def _known(self, names: tuple[str, ...]) -> dict[str, RowDiagnosis]:
        """Return the diagnoses that need no read now: the final ones and recent provisional ones."""
        now = self._clock.now()
        self._provisional = {name: kept for name, kept in self._provisional.items() if kept[0] > now}
        self._final = {name: self._final[name] for name in names if name in self._final}
        known = {
            name: self._provisional[name][1] for name in names if name in self._provisional
        } | self._final
        try:
            stored = await self._diagnoses.find([name for name in names if name not in known])
        except StoreError:
            return known
        for stored_diagnosis in stored:
            self._final[stored_diagnosis.row_id] = RowDiagnosis(
                stored_diagnosis.row_id, stored_diagnosis.diagnosis, stored_diagnosis.log_url
            )
        return known | self._final

    async def _read_items(self, scan: Scan, enrichment: ScanEnrichment) -> None:
        """Diagnose failed queue items by their error message, without a log read."""
        items = recently_failed_items(scan)[:MAX_ITEMS] if Section.RUNS in scan.sections else ()
        for item in items:
            if item.error and item.item_id not in enrichment.found:
                diagnosis = await self._reader.from_message(item.error)
                enrichment.found[item.item_id] = RowDiagnosis(item.item_id, diagnosis)

    async def _count_runs(self, runners: list[Execution], enrichment: ScanEnrichment) -> None:
        """Read the newest lines of all runners with a count that may still change, in one query."""
        if enrichment.counted:
            return
        enrichment.counted = True
        self._final_counts = {
            row.name: self._final_counts[row.name] for row in runners if row.name in self._final_counts
        }
        enrichment.logs = tuple(self._final_counts.values())
        uncounted = [row for row in runners if row.name not in self._final_counts]
        if not uncounted:
            return
        oldest = min((row.created for row in uncounted if row.created), default=self._clock.now())
        since = max(oldest - timedelta(seconds=60), self._clock.now() - self._lookback)
        scope = LogScope(Source.CLOUD_RUN, tuple(row.name for row in uncounted), since)
        try:
            page = await self._logs.read(scope, newest_first=True, limit=PAGE_SIZE, deadline=READ_SECONDS)
        except ServiceError as error:
            enrichment.logs_problem = error.problem
            return
        logs = {log.execution: log for log in _runner_logs(page.entries)}
        enrichment.logs = (*enrichment.logs, *logs.values())
        self._final_counts |= {
            row.name: logs[row.name] for row in uncounted if row.name in logs and self._is_final(row)
        }

    async def _diagnose(self, row: Row, enrichment: ScanEnrichment) -> None:
        name = row_id(row)
        enrichment.found[name] = await self._reading.get(name, lambda: self._read_diagnosis(row))

    async def _read_diagnosis(self, row: Row) -> RowDiagnosis:
        name, log_url = row_id(row), self.url(row)
        if isinstance(row, Build) and not row.logs_readable:
            return RowDiagnosis(
                name, Unread("Its log is not in Cloud Logging; open the build to read it."), row.url
            )
        scope = log_scope(row, self._clock.now() - self._lookback)
        if scope is None:
            return RowDiagnosis(name, Unread("It has no log of its own."), log_url)
        try:
            diagnosis = await self._reader.read(scope)
        except ServiceError as error:
            return RowDiagnosis(name, Unread(f"Its log could not be read: {error.problem.message}"), log_url)
        if diagnosis is None and self._is_final(row, MAX_LINE_DELAY):
            diagnosis = EMPTY
        if diagnosis is None:
            return self._keep_provisional(
                RowDiagnosis(name, Unread("Its log is empty, or has not arrived yet."), log_url)
            )
        found = RowDiagnosis(name, diagnosis, log_url)
        return await self._store(found, diagnosis) if self._is_final(row) else self._keep_provisional(found)

    async def _store(self, found: RowDiagnosis, diagnosis: Diagnosis) -> RowDiagnosis:
        try:
            await self._diagnoses.settle(Settled(found.row_id, diagnosis, found.log_url))
        except StoreError:
            return self._keep_provisional(found)
        return found

    def _keep_provisional(self, found: RowDiagnosis) -> RowDiagnosis:
        """Keep the diagnosis until the grace period for late lines has passed."""
        self._provisional[found.row_id] = (self._clock.now() + self._grace, found)
        return found

    def _is_final(self, row: Row, delay: timedelta = timedelta()) -> bool:
        """Return whether late lines can no longer change the row's log, at least `delay` after its end."""
        ended = row.ended if isinstance(row, Execution | CustomJob | Build) else None
        return ended is not None and ended < self._clock.now() - max(self._grace, delay)


def _failed(scan: Scan) -> Iterator[Row]:
    for section in (Section.RUNNERS, Section.RECENT_BUILDS, Section.JOBS):
        if section in scan.sections:
            yield from filter(failed_after_start, table_rows(scan, section))


def log_scope(row: Row, earliest: datetime) -> LogScope | None:
    """Return the scope of the log of a row, from a minute before its creation; None if it has no log."""
    match row:
        case Execution():
            source = Source.CLOUD_RUN
        case CustomJob():
            source = Source.VERTEX
        case Build():
            source = Source.CLOUD_BUILD
        case _:
            return None
    created = row.created - timedelta(seconds=60) if row.created else earliest
    return LogScope(source, (row_id(row),), max(created, earliest))


def _runner_logs(entries: tuple[LogEntry, ...]) -> Iterator[RunnerLog]:
    """Yield the newest count of each runner; `entries` are newest first."""
    counted: set[str] = set()
    for entry in entries:
        # A substring test first: pages are parsed on the event loop, and may hold megabytes.
        match = RUN_COUNT.search(entry.text) if "Runs:" in entry.text else None
        if match is not None and entry.owner not in counted:
            counted.add(entry.owner)
            yield RunnerLog(execution=entry.owner, runs=int(match[1]))
