"""The one way in which a read is tried again. Effects never are: they are asked for directly."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
# A region that is down stays down for longer than three tries take.
_TRIES = 3
_GROWTH = 2.0
_LONGEST_PAUSE = 2.0


async def tried(call: Callable[[], Awaitable[T]], *, first_pause: float, until: float) -> T:
    """What `call` returns, at the third try at the latest; the pauses between, in seconds, have full jitter.

    Only UNAVAILABLE and INTERNAL are tried again: a used-up quota gets worse by asking, and a deadline that
    passed leaves no time. Raises what the last try raised; no pause goes beyond `until`, by the loop's clock.
    """
    longest = first_pause
    for _ in range(_TRIES - 1):
        try:
            return await call()
        except Exception as error:
            pause = random.uniform(0, min(longest, _LONGEST_PAUSE))  # noqa: S311 - jitter is no secret
            if not _passes(error) or asyncio.get_running_loop().time() + pause >= until:
                raise
        await asyncio.sleep(pause)
        longest *= _GROWTH
    return await call()


def _passes(error: Exception) -> bool:
    import grpc.aio  # noqa: PLC0415 - heavy, and loaded by whoever got here

    return isinstance(error, grpc.aio.AioRpcError) and error.code() in (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.INTERNAL,
    )
