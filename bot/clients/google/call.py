"""Around every call: its deadline, and our one exception in place of Google's."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from bot.clients.google.errors import is_own_deadline, problem_of, timed_out
from bot.models.errors import ServiceError


def asking(system: str, region: str, deadline: float) -> AbstractAsyncContextManager[None]:
    """Bounds what is inside by `deadline` seconds and raises ServiceError for every failure of Google's."""
    return _Asking(system, region, deadline)


class _Asking:
    """Written as a class because a scan enters it some eighty times: a generator would cost twice as much."""

    __slots__ = ("_deadline", "_region", "_system", "_timeout")

    def __init__(self, system: str, region: str, deadline: float) -> None:
        self._system = system
        self._region = region
        self._deadline = deadline
        self._timeout = asyncio.timeout(deadline)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError as late:
            raise self._too_late() from late
        if isinstance(error, TimeoutError):
            raise self._too_late() from error
        if isinstance(error, Exception):
            problem = problem_of(error, system=self._system, region=self._region)
            if problem is not None:
                raise (self._too_late() if is_own_deadline(problem) else ServiceError(problem)) from error

    def _too_late(self) -> ServiceError:
        return ServiceError(timed_out(self._system, self._region, self._deadline))
