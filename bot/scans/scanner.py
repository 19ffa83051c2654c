"""The scan: every region and service asked at once; each answer is a cell, and a failure is an answer too."""

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
from bot.models.scan_filter import ScanFilter, mine_of, narrowed
from bot.models.scan_rows import LIMITS
from bot.ports import Builds, Clock, Jobs, Launches, Runners, Tracker
from bot.scans.cells import Cells, Query
from bot.scans.enrichment import ScanEnricher, ScanEnrichment
from bot.settings import Settings

# Older jobs are listed only when they have not ended: a project keeps them for ever.
JOBS_AGE = timedelta(days=7)
# How long diagnoses may go on after the rows are in, in seconds: the budget of log reads paces them.
FINDINGS_SECONDS = 45.0
AFTER_ROWS_SECONDS = 0.4
# How far back a person's own launches are looked for, and how many.
MINE_AGE = timedelta(days=30)
MOST_MINE = 2_000


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What to scan, and which rows are wanted.

    `since` is in seconds before now; `mine` is the id of the person whose rows are wanted ("": everybody's).
    """

    sections: tuple[Section, ...]
    regions: tuple[str, ...]
    failed: bool = False
    since: float | None = None
    mine: str = ""


class RegionScanner:
    """Starts scans, and lets those who ask for the same within a few seconds share one."""

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
        self._cells = Cells(clock, limit=settings.timing.scan_limit, share=settings.timing.scan_cache_ttl)
        self._recent: dict[ScanRequest, RunningScan] = {}
        self._running: set[RunningScan] = set()

    def join(self, request: ScanRequest) -> RunningScan:
        """Return the scan under way for this request when it is young enough, else a new one, already asking."""
        now = self._clock.monotonic()
        share = self._settings.timing.scan_cache_ttl
        self._recent = {key: scan for key, scan in self._recent.items() if now - scan.began < share}
        scan = self._recent.get(request)
        if scan is None:
            queries = tuple(self._queries(request))
            narrowing = asyncio.create_task(self._narrowing(request))
            scan = RunningScan(
                self._settings, self._clock, request, queries, self._cells, self._reader, narrowing
            )
            self._recent[request] = scan
            self._running = {scan, *(one for one in self._running if not one.over)}
        return scan

    async def close(self) -> None:
        """End the scans under way."""
        await asyncio.gather(*(scan.close() for scan in self._running))
        await self._cells.close()
        await self._reader.close()

    async def _narrowing(self, request: ScanRequest) -> ScanFilter:
        """Which rows are wanted. Raise StoreError when the store cannot say what is whose."""
        now = self._clock.now()
        since = None if request.since is None else now - timedelta(seconds=request.since)
        if not request.mine:
            return ScanFilter(request.failed, since)
        launches = await self._launches.recent(since=now - MINE_AGE, limit=MOST_MINE)
        return ScanFilter(request.failed, since, mine_of(launches, request.mine))

    def _queries(self, request: ScanRequest) -> Iterator[Query]:
        questions = self._questions()
        for section in request.sections:
            for service in SERVICES_OF[section]:
                for place in _places(service, request.regions):
                    yield Query(service, place, partial(questions[service], place))

    def _questions(self) -> dict[Service, Callable[[str], Awaitable[tuple[Row, ...]]]]:
        """Return what is asked at a place for each kind of cell."""
        limit = self._settings.timing.scan_limit
        return {
            Service.RUNNERS: lambda place: self._runners.list_executions(place, deadline=limit),
            Service.JOBS: lambda place: self._jobs.list_jobs(
                place, created_after=self._clock.now() - JOBS_AGE, and_active=True, deadline=limit
            ),
            Service.BUILDS_ACTIVE: lambda place: self._builds.list_active(place, deadline=limit),
            Service.BUILDS_RECENT: lambda place: self._builds.list_recent(
                place, limit=LIMITS[Section.RECENT_BUILDS] or 1, deadline=limit
            ),
            Service.RUNS_ACTIVE: lambda _: self._tracker.list_active(deadline=limit),
            Service.QUEUE_ITEMS: lambda _: self._tracker.list_items(
                self._settings.runner.queue, deadline=limit
            ),
            Service.RUNS_COMPLETED: lambda _: self._tracker.list_completed(
                limit=LIMITS[Section.COMPLETED] or 1, deadline=limit
            ),
        }


def _places(service: Service, regions: tuple[str, ...]) -> tuple[str, ...]:
    if service in (Service.RUNS_ACTIVE, Service.QUEUE_ITEMS, Service.RUNS_COMPLETED):
        return (NO_REGION,)
    if service in (Service.BUILDS_ACTIVE, Service.BUILDS_RECENT):
        return (*regions, GLOBAL_LOCATION)
    return regions


class RunningScan:
    """A scan under way; several people may read it. `began` is by the clock's monotonic time.

    Every method raises StoreError when only one person's rows are wanted and the store cannot say which.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        request: ScanRequest,
        queries: tuple[Query, ...],
        cells: Cells,
        reader: ScanEnricher,
        narrowing: asyncio.Task[ScanFilter],
    ) -> None:
        self.began = clock.monotonic()
        self._clock = clock
        self._timing = settings.timing
        self._scan = Scan(started=clock.now(), took=0.0, cells=(), sections=request.sections)
        self._enrichment = ScanEnrichment()
        self._narrowing = narrowing
        self._late: dict[asyncio.Task[Answer], Answer] = {}
        self._cells = {cells.start(query): query for query in queries}
        self._rows = asyncio.create_task(self._gather(cells))
        self._diagnoses = asyncio.create_task(self._find(reader))
        for task in (narrowing, self._rows, self._diagnoses):
            # Whoever asks hears of a failure by `snapshot`; nobody may be left to ask.
            task.add_done_callback(_hear)

    async def first(self) -> Scan:
        """Return what has come after the first deadline; earlier when all rows have come.

        Diagnoses that come right behind the rows save an edit, so they are waited for a moment.
        """
        await self._until(self._timing.scan_first, self._rows)
        if self._rows.done():
            left = self.began + self._timing.scan_first - self._clock.monotonic()
            await asyncio.wait([self._diagnoses], timeout=max(0.0, min(AFTER_ROWS_SECONDS, left)))
        return self.snapshot()

    async def rows(self) -> Scan:
        """All rows: what has not come by the limit has timed out."""
        await asyncio.shield(self._rows)
        return self.snapshot()

    async def diagnosed(self) -> Scan:
        """All rows, with the diagnosis of each failure that is shown."""
        await self._until(self._timing.scan_limit + FINDINGS_SECONDS, self._diagnoses)
        return self.snapshot()

    @property
    def over(self) -> bool:
        """Whether nothing of it is under way any more."""
        return self._diagnoses.done()

    def snapshot(self) -> Scan:
        """Return the scan as far as it has come."""
        cells = tuple(
            Cell(query.service, query.region, self._answer(task)) for task, query in self._cells.items()
        )
        took = self._took if self._rows.done() else self._clock.monotonic() - self.began
        scan = replace(
            self._scan,
            took=took,
            cells=cells,
            logs=self._enrichment.logs,
            logs_problem=self._enrichment.logs_problem,
            found=tuple(self._enrichment.found.values()),
        )
        # Before it is known which rows are wanted, none has come.
        return narrowed(scan, self._narrowing.result()) if self._narrowing.done() else self._scan

    async def close(self) -> None:
        """End what is still under way."""
        tasks = [self._narrowing, self._rows, self._diagnoses]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    _took = 0.0

    async def _until(self, after: float, task: asyncio.Task[None]) -> None:
        left = max(0.0, self.began + after - self._clock.monotonic())
        await asyncio.wait([task], timeout=left)

    def _answer(self, task: asyncio.Task[Answer]) -> Answer:
        if task in self._late:
            return self._late[task]
        return task.result() if task.done() and not task.cancelled() else Asking()

    async def _gather(self, cells: Cells) -> None:
        """One deadline for all; what comes later finds its place taken."""
        await self._narrowing
        left = self.began + self._timing.scan_limit - self._clock.monotonic()
        _, late = await asyncio.wait(self._cells, timeout=max(0.0, left))
        self._late = {task: cells.too_late(self._cells[task]) for task in late}
        self._took = self._clock.monotonic() - self.began

    async def _find(self, reader: ScanEnricher) -> None:
        """Logs are read for what has come first; a region that hangs holds up no diagnosis."""
        await asyncio.wait([self._rows], timeout=self._timing.scan_first)
        early = not self._rows.done()
        await reader.read(self.snapshot(), self._enrichment)
        if early:
            await asyncio.shield(self._rows)
            await reader.read(self.snapshot(), self._enrichment)


def _hear(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
