from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from scan_samples import JOB, QUEUE, REGIONS, WANDB_KEY, Monitor, MovableClock, make_settings

from bot.app import open_external_clients
from bot.sandbox.google.servers import GoogleServers
from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world.state import SimQueue
from bot.sandbox.world.world import World
from bot.scans.enrichment import ScanEnricher
from bot.scans.scanner import RegionScanner
from bot.settings import Secrets
from bot.store import open_store

OpenMonitor = Callable[..., Awaitable[Monitor]]


@pytest.fixture
def world() -> World:
    """A project with the runner's job in every region, and nothing in it."""
    made = World(runner_jobs={JOB: REGIONS}, runner_args={JOB: ("-q", QUEUE)})
    made.queues[QUEUE] = SimQueue("id-of-queue", QUEUE, made.entity)
    return made


@pytest.fixture
async def open_monitor(world: World, tmp_path: Path) -> AsyncIterator[OpenMonitor]:
    """Opens scanners of the world by the real clients; a second one is a restarted bot on the same store."""
    async with AsyncExitStack() as stack:
        servers = GoogleServers(world, reads_per_minute=1_000)
        await servers.start()
        stack.push_async_callback(servers.close)
        wandb = WandbServer(world, api_key=WANDB_KEY)
        await wandb.start()
        stack.push_async_callback(wandb.close)

        async def start(
            *, regions: tuple[str, ...] = REGIONS, endpoints: dict[str, str] | None = None, **timing: Any
        ) -> Monitor:
            clock = MovableClock()
            settings = make_settings(
                {**servers.endpoints, **(endpoints or {})}, wandb.url, regions=regions, timing=timing
            )
            store = await open_store(f"sqlite:///{tmp_path}/store.db", clock)
            stack.push_async_callback(store.close)
            secrets = Secrets.model_validate({"wandb_api_key": WANDB_KEY})
            clients = await stack.enter_async_context(open_external_clients(settings, secrets))
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
            stack.push_async_callback(scanner.close)
            return Monitor(scanner, world, clock, regions)

        yield start


@pytest.fixture
async def monitor(open_monitor: OpenMonitor) -> Monitor:
    return await open_monitor()
