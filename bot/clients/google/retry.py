"""The one way in which a read of Google's is tried again. Effects never are: they are asked for directly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

T = TypeVar("T")
# A region that is down stays down for longer than three tries take.
_TRIES = 3
_LONGEST_PAUSE = 2.0


async def tried(call: Callable[[], Awaitable[T]], *, first_pause: float, until: float) -> T:
    """Return what `call` returns, at the third try at the latest; the pauses between grow and are jittered.

    `first_pause` is about, in seconds. Only UNAVAILABLE and INTERNAL are tried again: a used-up quota gets
    worse by asking, and a deadline that passed leaves no time. Raises what the last try raised; none begins
    after `until`, by the loop's clock.
    """
    try:
        return await call()
    except Exception as error:
        if not _passes(error):
            raise
        failure = error
    caller = stamina.AsyncRetryingCaller(
        attempts=_TRIES,
        timeout=max(until - asyncio.get_running_loop().time(), 0.001),
        wait_initial=first_pause / 2,
        wait_jitter=first_pause,
        wait_max=_LONGEST_PAUSE,
    )
    return await caller(_passes, _after(failure, call))


def _after(failure: Exception, call: Callable[[], Awaitable[T]]) -> Callable[[], Awaitable[T]]:
    """Return the same call, whose first try has been made.

    The library costs a scan a quarter of its CPU when calls that succeed go through it too: it builds some
    fifteen objects for each, in cycles that keep the answer until the collector comes.
    """
    made = [failure]

    async def again() -> T:
        if made:
            raise made.pop()
        return await call()

    return again


def _passes(error: Exception) -> bool:
    import grpc.aio  # noqa: PLC0415 - heavy, and loaded by whoever got here

    return isinstance(error, grpc.aio.AioRpcError) and error.code() in (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.INTERNAL,
    )
