"""Builds everything and closes everything: the one place that knows which client stands behind which port."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog

from bot.clients.google import GoogleCloud
from bot.clients.wandb import Wandb
from bot.clock import SystemClock
from bot.diagnosis import CAUSES, parse_causes
from bot.distributed import DistributedScheduler
from bot.failure_reader import FailureReader
from bot.launch_poller import LaunchPoller
from bot.launches.desk import LaunchDesk
from bot.launches.scheduler import Scheduler
from bot.launches.turn import Tools
from bot.ports import Announcer, Builds, Clock, Jobs, Logs, Runners, Tracker
from bot.redaction import redact
from bot.region_scanner import RegionScanner
from bot.scan_findings import ScanReader
from bot.settings import Secrets, Settings
from bot.store import Store

Warm: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Clouds:
    """The outside systems, behind their ports."""

    runners: Runners
    jobs: Jobs
    builds: Builds
    logs: Logs
    tracker: Tracker
    reader: FailureReader
    warm: Warm


@dataclass(frozen=True, slots=True)
class LaunchRoom:
    """Launches: the desk that takes them and the scheduler that advances them."""

    desk: LaunchDesk
    scheduler: Scheduler | DistributedScheduler


@asynccontextmanager
async def open_clouds(settings: Settings, secrets: Secrets) -> AsyncIterator[Clouds]:
    """Clients of Google Cloud and W&B; nothing is asked of them yet."""
    async with AsyncExitStack() as stack:
        google = GoogleCloud(settings)
        stack.push_async_callback(google.close)
        tracker = Wandb(settings, secrets)
        stack.push_async_callback(tracker.close)
        reader = FailureReader(
            google.logs,
            (*parse_causes(settings.cause), *CAUSES),
            before=settings.logs.context_before,
            after=settings.logs.context_after,
        )
        yield Clouds(
            runners=google.runners,
            jobs=google.jobs,
            builds=google.builds,
            logs=google.logs,
            tracker=tracker,
            reader=reader,
            warm=lambda: _warm(google, tracker, settings.timing.call),
        )


async def _warm(google: GoogleCloud, tracker: Wandb, deadline: float) -> None:
    """Imports and connects what the first command would wait for; what fails is said when it is asked."""
    results = await asyncio.gather(
        google.warm(deadline=deadline),
        tracker.warm(),
        # The first text to be redacted loads the rules.
        asyncio.to_thread(redact, ""),
        return_exceptions=True,
    )
    for result in results:
        if isinstance(result, BaseException):
            structlog.get_logger("wiring").warning("a client could not be warmed", reason=str(result))
    _settle_memory()


def _settle_memory() -> None:
    """Takes what has been loaded so far out of garbage collection.

    Google's packages alone are some hundred thousand objects: a full collection over them holds up
    everything else, an ack included, for about a tenth of a second, and finds nothing.
    """
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def open_scanner(settings: Settings, clouds: Clouds, store: Store) -> AsyncIterator[RegionScanner]:
    """The scanner; scans under way end with it."""
    clock = SystemClock()
    scanner = RegionScanner(
        settings,
        clock,
        runners=clouds.runners,
        jobs=clouds.jobs,
        builds=clouds.builds,
        tracker=clouds.tracker,
        reader=ScanReader(settings, clock, clouds.logs, clouds.reader, store.diagnoses),
        launches=store.launches,
    )
    try:
        yield scanner
    finally:
        await scanner.close()


@asynccontextmanager
async def open_launches(
    settings: Settings, clouds: Clouds, store: Store, announcer: Announcer
) -> AsyncIterator[LaunchRoom]:
    """The desk and the scheduler; turns under way finish, within a few seconds, when it closes."""
    clock: Clock = SystemClock()
    tools = Tools(
        settings=settings,
        clock=clock,
        launches=store.launches,
        tracker=clouds.tracker,
        runners=clouds.runners,
        jobs=clouds.jobs,
        poller=LaunchPoller(settings, clock, clouds.jobs, clouds.runners, clouds.tracker),
        reader=clouds.reader,
        announcer=announcer,
        audit=store.audit,
    )
    shared = settings.store.url.startswith("postgresql")
    scheduler = DistributedScheduler(tools, settings.store.url) if shared else Scheduler(tools)
    desk = LaunchDesk(settings, clock, store.launches, store.audit, scheduler.take_up)
    try:
        yield LaunchRoom(desk, scheduler)
    finally:
        await scheduler.stop()
