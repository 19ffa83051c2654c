from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from scan_samples import CLOUD, EAST, Monitor, add_job, add_runner, answer_of

from bot.models.regions import REGIONS
from bot.models.scan import Rows, Section, Service
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World

OpenMonitor = Callable[..., Awaitable[Monitor]]


async def test_fifty_people_asking_at_once_cost_one_scan(open_monitor: OpenMonitor, world: World) -> None:
    """An incident makes everybody type /monitor; the services' quotas must not notice."""
    monitor = await open_monitor(scan_cache_ttl=4)
    add_job(world, "100001")
    await monitor.start().diagnosed()
    alone = world.calls.total()
    monitor.clock.passed += 10

    async def ask() -> object:
        return await monitor.start().diagnosed()

    scans = await asyncio.gather(*(ask() for _ in range(50)))

    assert 2 * alone == world.calls.total()
    assert all(scan == scans[0] for scan in scans)


async def test_a_scan_is_shared_for_a_few_seconds_only(open_monitor: OpenMonitor, world: World) -> None:
    """Whoever asks later gets what is true then: a finished job is finished."""
    monitor = await open_monitor(scan_cache_ttl=4)
    job = add_job(world, "100001")
    before = await monitor.start(Section.JOBS).diagnosed()
    job.state = "SUCCEEDED"
    within = await monitor.start(Section.JOBS).diagnosed()
    monitor.clock.passed += 5
    later = await monitor.start(Section.JOBS).diagnosed()

    assert "● running" in monitor.said(before)
    assert within == before
    assert "✓ succeeded" in monitor.said(later)


async def test_a_scan_of_all_regions_stays_within_its_calls(open_monitor: OpenMonitor, world: World) -> None:
    """18 regions, four questions, `global` for builds, and one read of logs: no call is asked twice."""
    world.runner_jobs["vertex-ai-launcher"] = REGIONS
    monitor = await open_monitor(regions=REGIONS)
    add_runner(world, "runner-a")

    await monitor.scan()

    calls = sum(monitor.calls(service) for service in ("run", "aiplatform", "build", "logging"))
    assert 18 + 18 + 19 + 19 + 1 == calls
    assert {1, 2} == set(world.calls.values()), "two for builds: active ones and recent ones"


async def test_closing_ends_what_is_under_way(open_monitor: OpenMonitor, world: World) -> None:
    """A bot that is told to stop does not wait for a region that hangs, nor leave tasks behind."""
    world.faults += [Fault("aiplatform", hang=True), Fault("logging", hang=True)]
    add_runner(world, "runner-a", state="failed")
    monitor = await open_monitor()
    before = asyncio.all_tasks()
    running = monitor.start(Section.JOBS, Section.RUNNERS)
    await running.first()

    await monitor.scanner.close()

    assert running.done
    await asyncio.sleep(0)
    ours = {task for task in asyncio.all_tasks() - before if "bot." in repr(task.get_coro())}
    assert not {task for task in ours if not task.done()}


async def test_one_askers_impatience_ends_nobody_elses_scan(open_monitor: OpenMonitor, world: World) -> None:
    """A scan belongs to all who wait for it: when one of them is cancelled the others still get theirs."""
    monitor = await open_monitor(scan_cache_ttl=4)
    add_job(world, "100001", region=EAST)
    world.latency = {"*": 0.1}
    first = asyncio.create_task(monitor.start(*CLOUD).diagnosed())
    second = asyncio.create_task(monitor.start(*CLOUD).diagnosed())
    await asyncio.sleep(0)

    first.cancel()
    scan = await second

    assert isinstance(answer_of(scan, Service.JOBS, EAST), Rows)
