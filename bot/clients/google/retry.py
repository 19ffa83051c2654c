"""Retries read-only calls to Google's services. Calls with effects are never retried."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

T = TypeVar("T")
# An outage of a region lasts longer than three attempts.
_TRIES = 3
_LONGEST_PAUSE = 2.0


async def with_retry(call: Callable[[], Awaitable[T]], *, first_pause: float, until: float) -> T:
    """Return the result of `call`, attempted up to three times with growing, jittered pauses.

    `first_pause` is approximate, in seconds. Only UNAVAILABLE and INTERNAL are retried: retries make an
    exhausted quota worse, and after a deadline there is no time left. Raise the last attempt's error; no
    none begins attempt starts after `until`, a time of the event loop's clock.
    """
    try:
        return await call()
    except Exception as error:
        if not _is_transient(error):
            raise
        failure = error
    caller = stamina.AsyncRetryingCaller(
        attempts=_TRIES,
        timeout=max(until - asyncio.get_running_loop().time(), 0.001),
        wait_initial=first_pause / 2,
        wait_jitter=first_pause,
        wait_max=_LONGEST_PAUSE,
    )
    return await caller(_is_transient, _after(failure, call))


def _after(failure: Exception, call: Callable[[], Awaitable[T]]) -> Callable[[], Awaitable[T]]:
    """Return the same call, with its first attempt already made.

    Successful calls bypass the retry library, which takes a quarter of a scan's CPU time: it builds about
    fifteen objects for each call, in reference cycles that keep the response until garbage collection.
    """
    made = [failure]

    async def again() -> T:
        if made:
            raise made.pop()
        return await call()

    return again


def _is_transient(error: Exception) -> bool:
    import grpc.aio  # noqa: PLC0415 - heavy, and loaded by whoever got here

    return isinstance(error, grpc.aio.AioRpcError) and error.code() in (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.INTERNAL,
    )
