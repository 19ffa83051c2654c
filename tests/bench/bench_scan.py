"""The scan, in this process, against servers in another: how long, how much, how many calls."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from bench_tools import Servers, measure, median_of, servers

from bot.app import ExternalClients, open_external_clients, open_scanner
from bot.clients.google import GoogleCloud
from bot.models.regions import GLOBAL_LOCATION, REGIONS
from bot.models.scan import Asking, Scan, Section
from bot.runtime.clock import SystemClock
from bot.scans.enrichment import ScanEnricher
from bot.scans.scanner import RegionScanner, ScanRequest
from bot.settings import Settings
from bot.settings.loader import load_secrets, load_settings
from bot.store import Store, open_store
from formatting.monitor.reply import section_message
from formatting.monitor.summary import verdict
from formatting.monitor.tables import tables
from formatting.table.slack import Style

ALL = ScanRequest(tuple(Section), REGIONS)
# Rows of a region, four recent builds on top: 540 and 5,400 in all, each list in one page.
SMALL = {"executions": 13, "jobs": 12, "working": 1}
# Seconds until the budget has a log read to spare: a scan that waits for it would be charged for the wait.
A_LOG_READ = 2.1
LARGE = {"executions": 100, "jobs": 100, "working": 96}


@dataclass(frozen=True, slots=True)
class Product:
    """The bot's own parts, without Slack."""

    settings: Settings
    clients: ExternalClients
    store: Store
    scanner: RegionScanner


@asynccontextmanager
async def product(where: Servers, **timing: float) -> AsyncIterator[Product]:
    os.environ.update(where.environment)
    settings = load_settings(where.settings)
    settings = settings.model_copy(
        update={"timing": settings.timing.model_copy(update={"scan_cache_ttl": 0.0001, **timing})}
    )
    # A store of its own: what another bench has diagnosed is not known here.
    store = await open_store(f"sqlite:///{where.settings.parent}/{uuid4()}.db", SystemClock())
    try:
        async with (
            open_external_clients(settings, load_secrets(os.environ)) as clients,
            open_scanner(settings, clients, store) as scanner,
        ):
            await clients.warm()
            yield Product(settings, clients, store, scanner)
    finally:
        await store.close()


def rendered(scan: Scan) -> int:
    """Everything that would be sent to Slack of a scan, in bytes."""
    now = SystemClock().now()
    messages = [
        verdict(scan, now),
        *(section_message(table, scan, Style.NATIVE) for table in tables(scan, now)),
    ]
    return sum(len(json.dumps({"text": message.text, "blocks": message.blocks})) for message in messages)


async def rows_seconds(made: Product) -> float:
    """From the call to all rows."""
    began = time.perf_counter()
    scan = await made.scanner.join(ALL).rows()
    took = time.perf_counter() - began
    assert not scan.asking
    assert len({type(cell.answer).__name__ for cell in scan.cells} - {"Rows", "Nothing"}) == 0, scan.cells
    return took


async def slowest_call(made: Product, region: str) -> float:
    """The slowest of all kinds of calls, each alone and warm."""
    ask, limit = made.clients, 8.0
    since = SystemClock().now() - timedelta(days=7)
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: ask.runners.list_executions(region, deadline=limit),
        lambda: ask.jobs.list_jobs(region, created_after=since, and_active=True, deadline=limit),
        lambda: ask.builds.list_active(region, deadline=limit),
        lambda: ask.builds.list_recent(region, limit=4, deadline=limit),
        lambda: ask.tracker.list_active(deadline=limit),
        lambda: ask.tracker.list_items(made.settings.runner.queue, deadline=limit),
        lambda: ask.tracker.list_completed(limit=10, deadline=limit),
    ]

    async def timed(call: Callable[[], Awaitable[Any]]) -> float:
        began = time.perf_counter()
        await call()
        return time.perf_counter() - began

    possible = calls[2:] if region == GLOBAL_LOCATION else calls
    return max([await median_of(partial(timed, call)) for call in possible])


async def ratios(where: Servers) -> None:
    uniform = {"*": 0.1}
    places = (*REGIONS, GLOBAL_LOCATION)
    profile = {place: 0.03 + 0.27 * number / (len(places) - 1) for number, place in enumerate(places)}
    profile |= {"wandb": 0.15, "-": 0.05}
    async with product(where) as made:
        await made.scanner.join(ALL).diagnosed()
        for name, latency, slowest, limit in (
            ("scan_uniform_ratio", uniform, REGIONS[-1], 1.3),
            ("scan_profile_ratio", profile, GLOBAL_LOCATION, 1.12),
        ):
            await where.order("latency", places=latency)
            await median_of(lambda: rows_seconds(made))  # warm
            wall = await median_of(lambda: rows_seconds(made))
            call = await slowest_call(made, slowest)
            measure(name, wall / call, limit, wall_s=wall, slowest_call_s=call)
        await where.order("latency", places=uniform)
        call = await slowest_call(made, REGIONS[-1])
        cold = await median_of(lambda: cold_seconds(made))
        measure("scan_cold_ratio", cold / call, 1.8, wall_s=cold, slowest_call_s=call)
    await where.order("latency", places={"*": 0.0})


async def cold_seconds(made: Product) -> float:
    """A scan over Google channels that nobody has used yet."""
    google, clock = GoogleCloud(made.settings), SystemClock()
    reader = ScanEnricher(made.settings, clock, google.logs, made.clients.reader, made.store.diagnoses)
    scanner = RegionScanner(
        made.settings, clock, runners=google.runners, jobs=google.jobs, builds=google.builds,
        tracker=made.clients.tracker, reader=reader, launches=made.store.launches,
    )  # fmt: skip
    began = time.perf_counter()
    running = scanner.join(ALL)
    scan = await running.rows()
    took = time.perf_counter() - began
    await running.diagnosed()
    await scanner.close()
    await google.close()
    assert not scan.asking
    return took


async def cpu(where: Servers) -> None:
    small, rows, size = await cpu_of(where, SMALL)
    measure("scan_cpu_ms", 1000 * small, 50, rows=rows, payload_bytes=size)
    large, rows, size = await cpu_of(where, LARGE)
    measure("scan_cpu_growth", large / small, 12, rows=rows, payload_bytes=size, cpu_ms=1000 * large)
    await where.order("fill", **SMALL)


async def cpu_of(where: Servers, rows: dict[str, int]) -> tuple[float, int, int]:
    """CPU seconds of this process from the call to the payloads; the clouds' rows; the payloads' bytes."""
    filled = await where.order("fill", **rows)
    sizes: list[int] = []
    async with product(where) as made:
        await made.scanner.join(ALL).diagnosed()

        async def once() -> float:
            await asyncio.sleep(A_LOG_READ)
            began = time.process_time()
            sizes.append(rendered(await made.scanner.join(ALL).diagnosed()))
            return time.process_time() - began

        spent = await median_of(once, 9)
    return spent, filled, sizes[-1]


async def calls(where: Servers) -> None:
    await where.order("fill", **SMALL)
    async with product(where) as made:
        await where.order("calls")
        failures = len((await made.scanner.join(ALL).diagnosed()).found)
        first = await where.order("calls")
        counted = []
        for _ in range(3):
            await made.scanner.join(ALL).diagnosed()
            counted.append(await where.order("calls"))
        google = max(
            sum(one.get(name, 0) for name in ("run", "aiplatform", "build", "logging")) for one in counted
        )
        reads = max(one.get("logging", 0) for one in counted)
    measure("scan_calls", google, 78)
    measure("scan_log_reads", reads, 1)
    extra = first.get("logging", 0) - 1
    measure("diag_reads", extra / max(failures, 1), 1, new_failures=failures, reads=extra)


async def hung(where: Servers) -> None:
    region = REGIONS[4]
    await where.order(
        "faults",
        faults=[{"service": name, "region": region, "hang": True} for name in ("run", "aiplatform", "build")],
    )
    async with product(where) as made:
        began = time.perf_counter()
        running = made.scanner.join(ALL)
        first = await running.first()
        rendered(first)
        at_first = time.perf_counter() - began
        asking = sum(isinstance(cell.answer, Asking) for cell in first.cells)
        scan = await running.diagnosed()
        rendered(scan)
        at_last = time.perf_counter() - began
    await where.order("faults", faults=[])
    measure("scan_hung_first_s", at_first, 2.5, cells_missing=asking)
    measure("scan_hung_s", at_last, 8.5)


async def herd(where: Servers) -> None:
    """Fifty people within two seconds, without Slack: what they wait for, and the calls that this costs."""
    await where.order("latency", places={"*": 0.1})
    async with product(where, scan_cache_ttl=4.0) as made:
        await made.scanner.join(ALL).diagnosed()
        await asyncio.sleep(4.1)
        await where.order("calls")
        alone = await answered(made, 0.0)
        one = sum((await where.order("calls")).values())
        await asyncio.sleep(4.1)
        times = await asyncio.gather(*(answered(made, 2 * number / 50) for number in range(50)))
        many = sum((await where.order("calls")).values())
    await where.order("latency", places={"*": 0.0})
    measure("monitor_herd_calls", many, one, slowest_answer_ratio=max(times) / alone)


async def answered(made: Product, after: float) -> float:
    await asyncio.sleep(after)
    began = time.perf_counter()
    rendered(await made.scanner.join(ALL).diagnosed())
    return time.perf_counter() - began


async def run() -> None:
    """All measures of the scan."""
    async with servers() as where:
        await where.order("fill", **SMALL)
        await ratios(where)
        await cpu(where)
        await calls(where)
        await hung(where)
        await herd(where)


if __name__ == "__main__":
    asyncio.run(run())
