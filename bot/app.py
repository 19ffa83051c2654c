"""The composition root: builds and closes the clients, the scanner and the launch components."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from bot.clients.google import GoogleCloud
from bot.clients.wandb import Wandb
from bot.diagnosis import RULES, parse_rules
from bot.launches.context import Dependencies
from bot.launches.poller import LaunchPoller
from bot.launches.service import LaunchService
from bot.logs.diagnosing_reader import LogDiagnoser
from bot.ports import Builds, Clock, Jobs, LaunchNotifier, Logs, Runners, Tracker
from bot.redaction import redact
from bot.runtime.clock import SystemClock
from bot.runtime.shutdown import BUDGETS, Phase, run_phase
from bot.scans.enrichment import ScanEnricher
from bot.scans.scanner import RegionScanner
from bot.schedulers.local import Scheduler
from bot.settings import Secrets, Settings
from bot.store import Store

if TYPE_CHECKING:
    from bot.schedulers.procrastinate import DistributedScheduler

AsyncAction: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
# Allocations that trigger a collection of the youngest generation (Python's default is 700).
_NEW_OBJECTS = 10_000


@dataclass(frozen=True, slots=True)
class ExternalClients:
    """The clients of external systems, by port."""

    runners: Runners
    jobs: Jobs
    builds: Builds
    logs: Logs
    tracker: Tracker
    reader: LogDiagnoser
    warm: AsyncAction
    close: AsyncAction


@dataclass(frozen=True, slots=True)
class LaunchComponents:
    """The launch service, and the scheduler that advances launches."""

    service: LaunchService
    scheduler: Scheduler | DistributedScheduler


def make_external_clients(settings: Settings, secrets: Secrets) -> ExternalClients:
    """Return the clients of Google Cloud and W&B, without calling them."""
    google = GoogleCloud(settings)
    tracker = Wandb(settings, secrets)
    reader = LogDiagnoser(
        google.logs,
        (*parse_rules(settings.cause), *RULES),
        before=settings.logs.context_before,
        after=settings.logs.context_after,
    )
    return ExternalClients(
        runners=google.runners,
        jobs=google.jobs,
        builds=google.builds,
        logs=google.logs,
        tracker=tracker,
        reader=reader,
        warm=lambda: _warm(google, tracker, settings.timing.call),
        close=lambda: _close(google, tracker),
    )


@asynccontextmanager
async def open_external_clients(settings: Settings, secrets: Secrets) -> AsyncIterator[ExternalClients]:
    """Yield the clients and close them at the end of the block."""
    clients = make_external_clients(settings, secrets)
    try:
        yield clients
    finally:
        await run_phase(Phase.CLIENTS, clients.close())


async def _close(google: GoogleCloud, tracker: Wandb) -> None:
    await asyncio.gather(google.close(), tracker.close())


async def _warm(google: GoogleCloud, tracker: Wandb, deadline: float) -> None:
    """Import modules and open connections before the first command; failures are only logged."""
    results = await asyncio.gather(
        google.warm(deadline=deadline),
        tracker.warm(),
        # The first call of `redact` loads its rules.
        asyncio.to_thread(redact, ""),
        return_exceptions=True,
    )
    for result in results:
        if isinstance(result, BaseException):
            structlog.get_logger("app").warning("client warm-up failed", reason=str(result))
    _tune_garbage_collection()


def _tune_garbage_collection() -> None:
    """Exclude all loaded objects from garbage collection, and collect new ones less often.

    Google's packages alone hold about a hundred thousand objects. A full collection over them frees nothing
    and blocks the event loop, including acks, for about 0.1 s. A scan allocates tens of thousands of objects
    that reference counting frees; the default threshold of 700 would trigger about forty collections.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


@asynccontextmanager
async def open_scanner(
    settings: Settings, clients: ExternalClients, store: Store
) -> AsyncIterator[RegionScanner]:
    """Yield the scanner; running scans are cancelled at the end of the block."""
    clock = SystemClock()
    scanner = RegionScanner(
        settings,
        clock,
        runners=clients.runners,
        jobs=clients.jobs,
        builds=clients.builds,
        tracker=clients.tracker,
        reader=ScanEnricher(settings, clock, clients.logs, clients.reader, store.diagnoses),
        launches=store.launches,
    )
    try:
        yield scanner
    finally:
        await run_phase(Phase.SCANS, scanner.close())


def _scheduler(dependencies: Dependencies, url: str) -> Scheduler | DistributedScheduler:
    """Return the distributed scheduler for Postgres, which processes share, else the local one."""
    if not url.startswith("postgresql"):
        return Scheduler(dependencies)
    # This import takes a fifth of the start-up time, and the local scheduler does not need it.
    from bot.schedulers.procrastinate import DistributedScheduler  # noqa: PLC0415 - see above

    return DistributedScheduler(dependencies, url)


@asynccontextmanager
async def open_launch_components(
    settings: Settings, clients: ExternalClients, store: Store, notifier: LaunchNotifier
) -> AsyncIterator[LaunchComponents]:
    """Yield the launch service and the scheduler; at the end, running steps get time to finish."""
    clock: Clock = SystemClock()
    dependencies = Dependencies(
        settings=settings,
        clock=clock,
        launches=store.launches,
        tracker=clients.tracker,
        runners=clients.runners,
        jobs=clients.jobs,
        poller=LaunchPoller(settings, clock, clients.jobs, clients.runners, clients.tracker),
        reader=clients.reader,
        notifier=notifier,
        audit=store.audit,
    )
    scheduler = _scheduler(dependencies, settings.store.url)
    service = LaunchService(settings, clock, store.launches, store.audit, scheduler.wake)
    try:
        yield LaunchComponents(service, scheduler)
    finally:
        await run_phase(Phase.LAUNCHES, scheduler.stop(grace=BUDGETS[Phase.LAUNCHES] * 0.75))
