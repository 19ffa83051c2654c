from __future__ import annotations

import asyncio

import pytest

from bot.store.priority_lock import LockTimeout, PriorityLock


async def test_what_a_person_waits_for_goes_first() -> None:
    """An ack waits for the one write under way, not for those of two hundred launches in flight."""
    turns, order, asked = PriorityLock(), list[str](), asyncio.Event()

    async def work(name: str, *, urgent: bool) -> None:
        async with turns.hold(urgent=urgent, timeout=5):
            await asked.wait()
            order.append(name)

    async with asyncio.TaskGroup() as group:
        for name in ("first", "second", "third"):
            group.create_task(work(name, urgent=False))
        await asyncio.sleep(0)
        group.create_task(work("ack", urgent=True))
        await asyncio.sleep(0)
        asked.set()

    assert ["first", "ack", "second", "third"] == order


async def test_a_turn_that_is_given_up_is_passed_on() -> None:
    """Whoever stops waiting, before or in the moment of their turn, blocks nobody behind them."""
    turns = PriorityLock()

    async def work() -> None:
        async with turns.hold(urgent=False, timeout=5):
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(work()) for _ in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.sleep(0)
    tasks[2].cancel()
    results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)

    assert None is results[0]
    assert None is results[3]
    async with turns.hold(urgent=False, timeout=1):
        pass


async def test_a_turn_that_never_comes_is_an_error() -> None:
    """A store that hangs is said to be busy; nobody waits for ever."""
    turns = PriorityLock()

    async with turns.hold(urgent=False, timeout=5):
        with pytest.raises(LockTimeout):
            async with turns.hold(urgent=True, timeout=0.02):
                pass
