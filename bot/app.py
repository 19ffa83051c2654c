"""Builds everything and closes everything: the one place that knows which client stands behind which port."""

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
from bot.runtime.shutdown import BUDGETS, Phase, end
from bot.scans.enrichment import ScanEnricher
from bot.scans.scanner import RegionScanner
from bot.schedulers.local import Scheduler
from bot.settings import Secrets, Settings
from bot.store import Store

if TYPE_CHECKING:
    from bot.schedulers.procrastinate import DistributedScheduler

Act: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
# How many more objects than before there may be until the collector looks at the new ones.
_NEW_OBJECTS = 10_000


@dataclass(frozen=True, slots=True)
class ExternalClients:
    """The outside systems, behind their ports."""

    runners: Runners
    jobs: Jobs
    builds: Builds
    logs: Logs
    tracker: Tracker
    reader: LogDiagnoser
    warm: Act
    close: Act


@dataclass(frozen=True, slots=True)
class LaunchComponents:
    """Launches: the desk that takes them and the scheduler that advances them."""

    service: LaunchService
    scheduler: Scheduler | DistributedScheduler


def make_external_clients(settings: Settings, secrets: Secrets) -> ExternalClients:
    """Clients of Google Cloud and W&B; nothing is asked of them yet."""
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
async def open_clouds(settings: Settings, secrets: Secrets) -> AsyncIterator[ExternalClients]:
    """The same, closed at the end of the block."""
    clients = make_external_clients(settings, secrets)
    try:
        yield clients
    finally:
        await end(Phase.CLIENTS, clients.close())


async def _close(google: GoogleCloud, tracker: Wandb) -> None:
    await asyncio.gather(google.close(), tracker.close())


async def _warm(google: GoogleCloud, tracker: Wandb, deadline: float) -> None:
    """Import and connects what the first command would wait for; what fails is said when it is asked."""
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
    """Take what has been loaded so far out of garbage collection, and has it look less often at the rest.

    Google's packages alone are some hundred thousand objects: a full collection over them holds up
    everything else, an ack included, for about a tenth of a second, and finds nothing. A scan makes tens of
    thousands that go by themselves: at Python's 700 the collector would look at them some forty times.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


@asynccontextmanager
async def open_scanner(
    settings: Settings, clients: ExternalClients, store: Store
) -> AsyncIterator[RegionScanner]:
    """The scanner; scans under way end with it."""
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
        await end(Phase.SCANS, scanner.close())


def _scheduler(tools: Dependencies, url: str) -> Scheduler | DistributedScheduler:
    """Return the scheduler for this kind of store: a Postgres is shared with other machines."""
    if not url.startswith("postgresql"):
        return Scheduler(tools)
    # With all that it loads a fifth of a start is spent, which a bot on one machine need not wait for.
    from bot.schedulers.procrastinate import DistributedScheduler  # noqa: PLC0415 - as said

    return DistributedScheduler(tools, url)


@asynccontextmanager
async def open_launch_components(
    settings: Settings, clients: ExternalClients, store: Store, notifier: LaunchNotifier
) -> AsyncIterator[LaunchComponents]:
    """The desk and the scheduler; turns under way have a moment to finish when it closes."""
    clock: Clock = SystemClock()
    tools = Dependencies(
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
    scheduler = _scheduler(tools, settings.store.url)
    service = LaunchService(settings, clock, store.launches, store.audit, scheduler.take_up)
    try:
        yield LaunchComponents(service, scheduler)
    finally:
        await end(Phase.TURNS, scheduler.stop(grace=BUDGETS[Phase.TURNS] * 0.75))
