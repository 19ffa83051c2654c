"""Scans all regions and services at once; each result is a cell, and a failure is a result too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.models.regions import GLOBAL_LOCATION, NO_REGION
from bot.models.scan import (
    SERVICES_OF,
    Answer,
    Asking,
    Cell,
    Row,
    Scan,
    Section,
    Service,
)
from bot.models.scan_filter import ScanFilter, filter_scan, owned_by
from bot.models.scan_rows import LIMITS
from bot.ports import Builds, Clock, Jobs, Launches, Runners, Tracker
from bot.scans.cells import Query, QueryRunner
from bot.scans.enrichment import ScanEnricher, ScanEnrichment
from bot.settings import Settings

# Older jobs are listed only if they have not ended: a project keeps jobs for ever.
JOBS_AGE = timedelta(days=7)
# Time limit for diagnoses after that for rows, in seconds: the rate limiter for log reads delays them.
DIAGNOSIS_SECONDS = 45.0
DIAGNOSIS_WAIT = 0.4
# Maximum age and number of a person's own launches.
OWN_LAUNCHES_AGE = timedelta(days=30)
MAX_OWN_LAUNCHES = 2_000


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What to scan, and which rows to return.

    `since` is in seconds before now. `mine` is the id of the person whose rows are wanted ("": everybody's).
    """

    sections: tuple[Section, ...]
    regions: tuple[str, ...]
    failed: bool = False
    since: float | None = None
    mine: str = ""


class RegionScanner:
    """Starts scans; equal requests within a few seconds share one scan."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        runners: Runners,
        jobs: Jobs,
        builds: Builds,
        tracker: Tracker,
        reader: ScanEnricher,
        launches: Launches,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._runners = runners
        self._jobs = jobs
        self._builds = builds
        self._tracker = tracker
        self._reader = reader
        self._launches = launches
        self._query_runner = QueryRunner(
            clock, limit=settings.timing.scan_limit, ttl=settings.timing.scan_cache_ttl
        )
        self._recent: dict[ScanRequest, RunningScan] = {}
        self._running: set[RunningScan] = set()

    def join(self, request: ScanRequest) -> RunningScan:
        """Return the running scan of an equal request if it is recent enough, else start a new one."""
        now = self._clock.monotonic()
        ttl = self._settings.timing.scan_cache_ttl
        self._recent = {key: scan for key, scan in self._recent.items() if now - scan.began < ttl}
        scan = self._recent.get(request)
        if scan is None:
            queries = tuple(self._queries(request))
            scan_filter = asyncio.create_task(self._scan_filter(request))
            scan = RunningScan(
                self._settings, self._clock, request, queries, self._query_runner, self._reader, scan_filter
            )
            self._recent[request] = scan
            self._running = {scan, *(running for running in self._running if not running.done)}
        return scan

    async def close(self) -> None:
        """Cancel the running scans."""
        await asyncio.gather(*(scan.close() for scan in self._running))
        await self._query_runner.close()
        await self._reader.close()

    async def _scan_filter(self, request: ScanRequest) -> ScanFilter:
        """Return the filter of the request. Raise StoreError if a person's launches cannot be read."""
        now = self._clock.now()
        since = None if request.since is None else now - timedelta(seconds=request.since)
        if not request.mine:
            return ScanFilter(request.failed, since)
        launches = await self._launches.recent(since=now - OWN_LAUNCHES_AGE, limit=MAX_OWN_LAUNCHES)
        return ScanFilter(request.failed, since, owned_by(launches, request.mine))

    def _queries(self, request: ScanRequest) -> Iterator[Query]:
        calls = self._calls()
        for section in request.sections:
            for service in SERVICES_OF[section]:
                for location in _locations(service, request.regions):
                    yield Query(service, location, partial(calls[service], location))

    def _calls(self) -> dict[Service, Callable[[str], Awaitable[tuple[Row, ...]]]]:
        """Return the function that queries a location, for each service."""
        limit = self._settings.timing.scan_limit
        return {
            Service.RUNNERS: lambda location: self._runners.list_executions(location, deadline=limit),
            Service.JOBS: lambda location: self._jobs.list_jobs(
                location, created_after=self._clock.now() - JOBS_AGE, and_active=True, deadline=limit
            ),
            Service.BUILDS_ACTIVE: lambda location: self._builds.list_active(location, deadline=limit),
            Service.BUILDS_RECENT: lambda location: self._builds.list_recent(
                location, limit=LIMITS[Section.RECENT_BUILDS] or 1, deadline=limit
            ),
            Service.RUNS_ACTIVE: lambda _: self._tracker.list_active(deadline=limit),
            Service.QUEUE_ITEMS: lambda _: self._tracker.list_items(
                self._settings.runner.queue, deadline=limit
            ),
            Service.RUNS_COMPLETED: lambda _: self._tracker.list_completed(
                limit=LIMITS[Section.COMPLETED] or 1, deadline=limit
            ),
        }


def _locations(service: Service, regions: tuple[str, ...]) -> tuple[str, ...]:
    if service in (Service.RUNS_ACTIVE, Service.QUEUE_ITEMS, Service.RUNS_COMPLETED):
        return (NO_REGION,)
    if service in (Service.BUILDS_ACTIVE, Service.BUILDS_RECENT):
        return (*regions, GLOBAL_LOCATION)
    return regions


class RunningScan:
    """A running scan, which several requests may share. `began` is in monotonic seconds of the clock.

    Every method raises StoreError if only one person's rows are wanted and the store cannot be read.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        request: ScanRequest,
        queries: tuple[Query, ...],
        query_runner: QueryRunner,
        reader: ScanEnricher,
        scan_filter: asyncio.Task[ScanFilter],
    ) -> None:
        self.began = clock.monotonic()
        self._clock = clock
        self._timing = settings.timing
        self._scan = Scan(started=clock.now(), took=0.0, cells=(), sections=request.sections)
        self._enrichment = ScanEnrichment()
        self._scan_filter = scan_filter
        self._late: dict[asyncio.Task[Answer], Answer] = {}
        self._queries = {query_runner.start(query): query for query in queries}
        self._rows = asyncio.create_task(self._gather(query_runner))
        self._diagnoses = asyncio.create_task(self._enrich(reader))
        for task in (scan_filter, self._rows, self._diagnoses):
            # Callers get a failure from `snapshot`; without callers it must not be logged as never retrieved.
            task.add_done_callback(_retrieve_exception)

    async def first(self) -> Scan:
        """Return the results at the first deadline, or earlier if all rows have arrived.

        Diagnoses are awaited for a moment longer, as they save an edit if they arrive right after the rows.
        """
        await self._wait(self._timing.scan_first, self._rows)
        if self._rows.done():
            remaining = self.began + self._timing.scan_first - self._clock.monotonic()
            await asyncio.wait([self._diagnoses], timeout=max(0.0, min(DIAGNOSIS_WAIT, remaining)))
        return self.snapshot()

    async def rows(self) -> Scan:
        """Return all rows; queries without a result at the time limit have timed out."""
        await asyncio.shield(self._rows)
        return self.snapshot()

    async def diagnosed(self) -> Scan:
        """Return all rows, with the diagnosis of each failure that is shown."""
        await self._wait(self._timing.scan_limit + DIAGNOSIS_SECONDS, self._diagnoses)
        return self.snapshot()

    @property
    def done(self) -> bool:
        """Return whether the scan is complete."""
        return self._diagnoses.done()

    def snapshot(self) -> Scan:
        """Return the results so far."""
        cells = tuple(
            Cell(query.service, query.region, self._answer(task)) for task, query in self._queries.items()
        )
        took = self._duration if self._rows.done() else self._clock.monotonic() - self.began
        scan = replace(
            self._scan,
            took=took,
            cells=cells,
            logs=self._enrichment.logs,
            logs_problem=self._enrichment.logs_problem,
            found=tuple(self._enrichment.found.values()),
        )
        # Until the filter is known, no rows are returned.
        return filter_scan(scan, self._scan_filter.result()) if self._scan_filter.done() else self._scan

    async def close(self) -> None:
        """Cancel the rest of the scan."""
        tasks = [self._scan_filter, self._rows, self._diagnoses]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    _duration = 0.0

    async def _wait(self, seconds: float, task: asyncio.Task[None]) -> None:
        remaining = max(0.0, self.began + seconds - self._clock.monotonic())
        await asyncio.wait([task], timeout=remaining)

    def _answer(self, task: asyncio.Task[Answer]) -> Answer:
        if task in self._late:
            return self._late[task]
        return task.result() if task.done() and not task.cancelled() else Asking()

    async def _gather(self, query_runner: QueryRunner) -> None:
        """Wait for all queries with one deadline; results that arrive later are ignored."""
        await self._scan_filter
        remaining = self.began + self._timing.scan_limit - self._clock.monotonic()
        _, late = await asyncio.wait(self._queries, timeout=max(0.0, remaining))
        self._late = {task: query_runner.timed_out(self._queries[task]) for task in late}
        self._duration = self._clock.monotonic() - self.began

    async def _enrich(self, reader: ScanEnricher) -> None:
        """Read logs for the first results, then for the rest, so that a slow region delays no diagnosis."""
        await asyncio.wait([self._rows], timeout=self._timing.scan_first)
        is_partial = not self._rows.done()
        await reader.read(self.snapshot(), self._enrichment)
        if is_partial:
            await asyncio.shield(self._rows)
            await reader.read(self.snapshot(), self._enrichment)


def _retrieve_exception(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
