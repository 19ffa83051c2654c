"""One cell of a scan: a question whose failure is an answer too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.scan import Answer, Failed, Nothing, Row, Rows, Service, Stale, TimedOut
from bot.ports import Clock

# Older rows say too little of what is at work now, in seconds.
OLDEST = 600.0
_SYSTEMS = {
    Service.RUNNERS: "Cloud Run",
    Service.JOBS: "Vertex AI",
    Service.BUILDS_ACTIVE: "Cloud Build",
    Service.BUILDS_RECENT: "Cloud Build",
}


@dataclass(frozen=True, slots=True)
class Query:
    """What one cell asks, of whom; `call` raises ServiceError."""

    service: Service
    region: str
    call: Callable[[], Awaitable[tuple[Row, ...]]]


class Cells:
    """Asks, and remembers the rows that each cell gave last. `limit` and `share` are in seconds.

    Scans that want the same cell within `share` seconds share its answer, whatever else they want. When
    a cell fails, rows that are at most OLDEST seconds old stand in, and say so (`Stale`).
    """

    def __init__(self, clock: Clock, *, limit: float, share: float) -> None:
        self._clock = clock
        self._limit = limit
        self._share = share
        self._asked: dict[tuple[Service, str], tuple[float, asyncio.Task[Answer]]] = {}
        self._last: dict[tuple[Service, str], tuple[float, tuple[Row, ...]]] = {}

    def start(self, query: Query) -> asyncio.Task[Answer]:
        """Return the task that asks for this cell: a young one, or a new one; it fails only when cancelled."""
        key, now = (query.service, query.region), self._clock.monotonic()
        began, task = self._asked.get(key, (now, None))
        if task is None or now - began >= self._share:
            task = asyncio.create_task(self._ask(query))
            self._asked[key] = (now, task)
        return task

    async def close(self) -> None:
        """End what is being asked."""
        tasks = [task for _, task in self._asked.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, query: Query) -> Answer:
        try:
            rows = await query.call()
        except ServiceError as error:
            return self._instead(query, error.problem)
        except Exception:  # noqa: BLE001 - an answer that no client understands costs nobody else's rows
            structlog.get_logger("scan").exception(
                "a cell failed", service=query.service, region=query.region
            )
            return self._instead(query, _problem(ProblemKind.UNKNOWN, query, "its rows cannot be read"))
        self._last[query.service, query.region] = (self._clock.monotonic(), rows)
        return Rows(rows) if rows else Nothing()

    def too_late(self, query: Query) -> Answer:
        """Return the answer of a cell that is not waited for any longer."""
        problem = _problem(ProblemKind.TIMED_OUT, query, f"no answer within {self._limit:g} s")
        return self._instead(query, problem)

    def _instead(self, query: Query, problem: Problem) -> Answer:
        at, rows = self._last.get((query.service, query.region), (0.0, ()))
        age = self._clock.monotonic() - at
        if rows and age <= OLDEST:
            return Stale(rows, age, problem)
        return TimedOut(self._limit) if problem.kind is ProblemKind.TIMED_OUT else Failed(problem)


def _problem(kind: ProblemKind, query: Query, message: str) -> Problem:
    return Problem(kind, _SYSTEMS.get(query.service, "W&B"), message, query.region)
