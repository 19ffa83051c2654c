from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rig import Rig, rig_in

from bot.launches.poller import LaunchPoller
from bot.launches.retention import Retention
from bot.launches.worker import LaunchWorker
from bot.models.launch import Stage, Verdict
from bot.runtime.clock import SystemClock
from bot.schedulers.local import LOST_AFTER, Scheduler

QUICK = {"poll": 0.1, "follow_first": 0.1, "follow_last": 0.2, "not_found_grace": 0.2}


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[Rig]:
    """A rig that lives in the machine's time."""
    async with rig_in(tmp_path, **QUICK) as rig:
        rig.world.clock = rig.clock = SystemClock()  # type: ignore[assignment]  # the other clock of the port
        tools = rig.tools
        poller = LaunchPoller(rig.settings, rig.clock, tools.jobs, tools.runners, tools.tracker)
        rig.tools = replace(tools, clock=rig.clock, poller=poller)
        yield rig


async def until(happened: Any, seconds: float = 40.0) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not await happened():
        assert asyncio.get_running_loop().time() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


async def ended(rig: Rig, launch: Any) -> bool:
    rig.act()
    return (await rig.read(launch)).stage is Stage.DONE


async def test_a_start_takes_up_what_is_unfinished(quick: Rig) -> None:
    """After a restart every launch goes on at once, without anybody asking."""
    launches = [await quick.launch() for _ in range(3)]
    scheduler = Scheduler(quick.tools)

    taken = await scheduler.start()
    for launch in launches:
        await until(lambda launch=launch: ended(quick, launch))
    await scheduler.stop()

    assert 3 == taken
    assert [Verdict.SUCCEEDED] * 3 == [(await quick.read(launch)).verdict for launch in launches]


async def test_a_wake_during_a_turn_is_not_lost(quick: Rig) -> None:
    """A cancel may be asked while the launch is at work: its next turn comes at once."""
    quick.world.latency["*"] = 0.1
    launch = await quick.launch()
    scheduler = Scheduler(quick.tools)
    scheduler.wake(launch.launch_id)
    await until(lambda: in_stage(quick, launch, Stage.WAIT))

    await quick.cancel(launch)
    scheduler.wake(launch.launch_id)
    await until(lambda: done(quick, launch))
    await scheduler.stop()

    assert Verdict.CANCELLED is (await quick.read(launch)).verdict


async def test_a_launch_that_nobody_drives_is_taken_up(quick: Rig) -> None:
    """Stored, and the listener ended before it could begin: it must not wait for the next restart."""
    scheduler = Scheduler(quick.tools)
    await scheduler.start()
    young = await quick.launch()
    lost = await quick.launch()
    await quick.store.launches.save(replace(lost, due=lost.due - LOST_AFTER))

    await until(lambda: ended(quick, lost))
    await scheduler.stop()

    assert Stage.ANNOUNCE is (await quick.read(young)).stage  # its ack may be on the way


async def test_history_is_pruned_at_the_start_and_every_day(rig: Rig) -> None:
    """A bot that runs for months must not keep everything for as long."""
    history, kept = Retention(rig.tools), timedelta(days=rig.settings.store.keep_days)
    first, second = await rig.launch(), await rig.launch()
    for launch in (first, second):
        await rig.to_end(launch)
    await rig.store.launches.save(
        replace(await rig.read(first), ended=rig.clock.time - kept - timedelta(hours=1))
    )

    await history.prune()
    assert [None, Stage.DONE] == await stages(rig, first, second)
    rig.clock.time += kept + timedelta(hours=1)
    await history.prune()

    assert [None, None] == await stages(rig, first, second)


async def stages(rig: Rig, *launches: Any) -> list[Stage | None]:
    found = [await rig.store.launches.get(launch.launch_id) for launch in launches]
    return [launch and launch.stage for launch in found]


async def in_stage(rig: Rig, launch: Any, stage: Stage) -> bool:
    return (await rig.read(launch)).stage is stage


async def done(rig: Rig, launch: Any) -> bool:
    return await in_stage(rig, launch, Stage.DONE)


async def test_a_stop_lets_a_turn_finish_and_a_new_start_goes_on(quick: Rig) -> None:
    """A redeploy in the middle of a turn: the turn ends in order, and the next process continues."""
    quick.world.latency["*"] = 0.3
    launch = await quick.launch()
    first = Scheduler(quick.tools)
    await first.start()
    await until(lambda: in_stage(quick, launch, Stage.QUEUE))

    await first.stop()
    second = Scheduler(quick.tools)
    await second.start()
    await until(lambda: ended(quick, launch))
    await second.stop()

    assert (1, 1) == (len(quick.items(launch)), len(quick.started(launch)))


async def test_two_drivers_of_one_launch_have_one_effect(rig: Rig) -> None:
    """Saves are fenced: two workers with the same launch in hand cannot both act on it."""
    launch = await rig.launch()
    first, second = LaunchWorker(rig.tools), LaunchWorker(rig.tools)

    for _ in range(8):
        await asyncio.gather(first.run_step(launch.launch_id), second.run_step(launch.launch_id))
        rig.clock.time += timedelta(seconds=11)
    await rig.to_end(launch)

    assert (1, 1, 1) == (len(rig.items(launch)), len(rig.started(launch)), len(rig.cards()))


async def test_a_clock_set_back_does_not_put_a_launch_to_sleep(rig: Rig) -> None:
    """A turn that is due in an hour by an old clock is due now: no step ever waits that long."""
    launch_worker = LaunchWorker(rig.tools)
    launch = await rig.launch()
    rig.clock.time -= timedelta(hours=1)

    await launch_worker.run_step(launch.launch_id)

    assert Stage.ANNOUNCE is not (await rig.read(launch)).stage


async def test_a_launch_that_is_gone_is_driven_no_more(rig: Rig) -> None:
    """A launch that was taken back leaves nothing to do, and no error every five seconds."""
    assert await LaunchWorker(rig.tools).run_step("gone0000") is None


async def test_a_restart_shows_the_card_as_the_store_has_it(rig: Rig) -> None:
    """Killed between a save and its edit: the next process edits the card before the launch is due again."""
    launch = await rig.launch()
    await rig.to_stage(launch, Stage.WAIT)
    rig.make_job(rig.item(launch))
    now = await rig.read(launch)
    await rig.until(launch, lambda now: now.job, acts=False)
    await rig.slack.wait_until(lambda: "Task → Cloud" in rig.thread(), 30)
    edits = rig.slack.world.traffic.counts["chat.update"]

    await LaunchWorker(rig.tools).run_step(now.launch_id)
    await rig.slack.wait_until(lambda: rig.slack.world.traffic.counts["chat.update"] > edits, 30)
