"""Around every call: its deadline, and our one exception in place of Google's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.clients.google_errors import is_own_deadline, problem_of, timed_out
from bot.errors import ServiceError


@asynccontextmanager
async def asking(system: str, region: str, deadline: float) -> AsyncIterator[None]:
    """Bounds what is inside by `deadline` seconds and raises ServiceError for every failure of Google's."""
    try:
        async with asyncio.timeout(deadline):
            yield
    except TimeoutError as error:
        raise ServiceError(timed_out(system, region, deadline)) from error
    except Exception as error:
        problem = problem_of(error, system=system, region=region)
        if problem is None:
            raise
        if is_own_deadline(problem):
            problem = timed_out(system, region, deadline)
        raise ServiceError(problem) from error
