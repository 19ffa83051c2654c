"""Waits in scenario time, with early termination."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.sandbox.world.world import World

_POLL_SECONDS = 0.05  # real seconds between two checks


async def wait_while(world: World, seconds: float, condition: Callable[[], bool]) -> bool:
    """Wait for scenario seconds, or until `condition()` is false; return whether the full time passed."""
    loop = asyncio.get_running_loop()
    end = loop.time() + world.seconds(seconds)
    while condition():
        left = end - loop.time()
        if left <= 0:
            return True
        await asyncio.sleep(min(left, _POLL_SECONDS))
    return False
