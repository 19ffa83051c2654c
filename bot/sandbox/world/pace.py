"""Waiting in scenario time, ended early when the thing that waits is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.sandbox.world.world import World

_SLICE = 0.05  # real seconds between two looks


async def lasts(world: World, seconds: float, still: Callable[[], bool]) -> bool:
    """Wait so many scenario seconds, or until `still()` is false; True when it lasted to the end."""
    loop = asyncio.get_running_loop()
    end = loop.time() + world.seconds(seconds)
    while still():
        left = end - loop.time()
        if left <= 0:
            return True
        await asyncio.sleep(min(left, _SLICE))
    return False
