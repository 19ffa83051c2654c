"""What logs add to a scan: one query for all runners shown, and one read for each new failure, ever."""

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
from bot.models.scan_rows import failed_at_work, items_failed_lately, row_id, table_rows
from bot.ports import Clock, Diagnoses, Logs, LogScope, Settled
from bot.runtime.single_flight import SingleFlight
from bot.settings import Settings

# The wrapper's own count of the jobs that its agent has launched, such as "Runs: 3".
RUNS = re.compile(r"\bRuns:\s*(\d{1,6})\b")
PAGE = 1000  # entries; the most that one read returns
READ_SECONDS = 10.0
# A log that is empty so long after the end stays empty, whatever delayed its lines.
LAST_LINE = timedelta(minutes=15)
EMPTY = Diagnosis(False, Category.NONE, None, "", (), "", Confidence.HIGH)
MOST_ITEMS = 5  # failed queue items of which a message has room to tell


@dataclass(slots=True)
class ScanEnrichment:
    """What has been found so far; filled while a scan goes on."""

    logs: tuple[RunnerLog, ...] = ()
    logs_problem: Problem | None = None
    found: dict[str, RowDiagnosis] = field(default_factory=dict)
    counted: bool = False


class ScanEnricher:
    """Reads the logs that a scan needs; what late lines cannot change any more is never read for again."""

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
        self._settled: dict[str, RowDiagnosis] = {}
        self._for_now: dict[str, tuple[datetime, RowDiagnosis]] = {}
        self._counted: dict[str, RunnerLog] = {}

    async def read(self, scan: Scan, enrichment: ScanEnrichment) -> None:
        """Fill `findings` for the rows that the scan shows. Failures become values in it.

        May be called again when more rows have come: what was found is kept.
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
        """End the reads under way."""
        await self._reading.close()

    def url(self, row: Row) -> str:
        """Return a link to this row's log."""
        scope = log_scope(row, self._clock.now() - self._lookback)
        return self._reader.url(scope) if scope is not None else ""

    async def _known(self, names: tuple[str, ...]) -> dict[str, RowDiagnosis]:
        """Return what needs no read now: settled once and for all, or looked at a moment ago."""
        now = self._clock.now()
        self._for_now = {name: kept for name, kept in self._for_now.items() if kept[0] > now}
        self._settled = {name: self._settled[name] for name in names if name in self._settled}
        known = {name: self._for_now[name][1] for name in names if name in self._for_now} | self._settled
        try:
            settled = await self._diagnoses.find([name for name in names if name not in known])
        except StoreError:
            return known
        for one in settled:
            self._settled[one.row_id] = RowDiagnosis(one.row_id, one.diagnosis, one.log_url)
        return known | self._settled

    async def _read_items(self, scan: Scan, enrichment: ScanEnrichment) -> None:
        """Failed items bring their error with them, and cost no read."""
        items = items_failed_lately(scan)[:MOST_ITEMS] if Section.RUNS in scan.sections else ()
        for item in items:
            if item.error and item.item_id not in enrichment.found:
                diagnosis = await self._reader.from_message(item.error)
                enrichment.found[item.item_id] = RowDiagnosis(item.item_id, diagnosis)

    async def _count_runs(self, runners: list[Execution], enrichment: ScanEnrichment) -> None:
        """The one query of a scan: the newest lines of every runner shown whose count can still change."""
        if enrichment.counted:
            return
        enrichment.counted = True
        self._counted = {row.name: self._counted[row.name] for row in runners if row.name in self._counted}
        enrichment.logs = tuple(self._counted.values())
        open_ones = [row for row in runners if row.name not in self._counted]
        if not open_ones:
            return
        oldest = min((row.created for row in open_ones if row.created), default=self._clock.now())
        since = max(oldest - timedelta(seconds=60), self._clock.now() - self._lookback)
        scope = LogScope(Source.CLOUD_RUN, tuple(row.name for row in open_ones), since)
        try:
            page = await self._logs.read(scope, newest_first=True, limit=PAGE, deadline=READ_SECONDS)
        except ServiceError as error:
            enrichment.logs_problem = error.problem
            return
        logs = {log.execution: log for log in _runner_logs(page.entries)}
        enrichment.logs = (*enrichment.logs, *logs.values())
        self._counted |= {
            row.name: logs[row.name] for row in open_ones if row.name in logs and self._over(row)
        }

    async def _diagnose(self, row: Row, enrichment: ScanEnrichment) -> None:
        name = row_id(row)
        enrichment.found[name] = await self._reading.get(name, lambda: self._found(row))

    async def _found(self, row: Row) -> RowDiagnosis:
        name, link = row_id(row), self.url(row)
        if isinstance(row, Build) and not row.logs_readable:
            return RowDiagnosis(
                name, Unread("Its log is not in Cloud Logging; open the build to read it."), row.url
            )
        scope = log_scope(row, self._clock.now() - self._lookback)
        if scope is None:
            return RowDiagnosis(name, Unread("It has no log of its own."), link)
        try:
            diagnosis = await self._reader.read(scope)
        except ServiceError as error:
            return RowDiagnosis(name, Unread(f"Its log could not be read: {error.problem.message}"), link)
        if diagnosis is None and self._over(row, LAST_LINE):
            diagnosis = EMPTY
        if diagnosis is None:
            return self._kept_for_now(
                RowDiagnosis(name, Unread("Its log is empty, or has not arrived yet."), link)
            )
        found = RowDiagnosis(name, diagnosis, link)
        return await self._settle(found, diagnosis) if self._over(row) else self._kept_for_now(found)

    async def _settle(self, found: RowDiagnosis, diagnosis: Diagnosis) -> RowDiagnosis:
        try:
            await self._diagnoses.settle(Settled(found.row_id, diagnosis, found.log_url))
        except StoreError:
            return self._kept_for_now(found)
        return found

    def _kept_for_now(self, found: RowDiagnosis) -> RowDiagnosis:
        """Late lines may still change it: it is looked at once more, when they have had time to come."""
        self._for_now[found.row_id] = (self._clock.now() + self._grace, found)
        return found

    def _over(self, row: Row, after: timedelta = timedelta()) -> bool:
        """Whether late log lines can no longer change what its log says, so long after its end at least."""
        ended = row.ended if isinstance(row, Execution | CustomJob | Build) else None
        return ended is not None and ended < self._clock.now() - max(self._grace, after)


def _failed(scan: Scan) -> Iterator[Row]:
    for section in (Section.RUNNERS, Section.RECENT_BUILDS, Section.JOBS):
        if section in scan.sections:
            yield from filter(failed_at_work, table_rows(scan, section))


def log_scope(row: Row, earliest: datetime) -> LogScope | None:
    """Whose log tells about a row, from a minute before it was made; None for rows without a log."""
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
    """The newest count of each runner; `entries` are newest first."""
    counted: set[str] = set()
    for entry in entries:
        # Told apart first by a plain search: a page of log is read on the loop, and may hold megabytes.
        match = RUNS.search(entry.text) if "Runs:" in entry.text else None
        if match is not None and entry.owner not in counted:
            counted.add(entry.owner)
            yield RunnerLog(execution=entry.owner, runs=int(match[1]))
