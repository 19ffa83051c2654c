"""Runs the queries of a scan; a failure is a result too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.scan import Answer, Failed, Nothing, Row, Rows, Service, Stale, TimedOut
from bot.ports import Clock

# Older rows say too little about the current state (seconds).
MAX_STALE_AGE = 600.0
_SERVICE_NAMES = {
    Service.RUNNERS: "Cloud Run",
    Service.JOBS: "Vertex AI",
    Service.BUILDS_ACTIVE: "Cloud Build",
    Service.BUILDS_RECENT: "Cloud Build",
}


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a scan: a service in a region; `call` raises ServiceError."""

    service: Service
    region: str
    call: Callable[[], Awaitable[tuple[Row, ...]]]


class QueryRunner:
    """Runs queries and keeps the last rows of each. `limit` and `ttl` are in seconds.

    A query within `ttl` seconds of the same one shares its result, even across different scans. If a query
    fails, rows at most MAX_STALE_AGE seconds old are returned as `Stale`.
    """

    def __init__(self, clock: Clock, *, limit: float, ttl: float) -> None:
        self._clock = clock
        self._limit = limit
        self._ttl = ttl
        self._tasks: dict[tuple[Service, str], tuple[float, asyncio.Task[Answer]]] = {}
        self._last: dict[tuple[Service, str], tuple[float, tuple[Row, ...]]] = {}

    def start(self, query: Query) -> asyncio.Task[Answer]:
        """Return the task of this query, a recent or a new one; it fails only if cancelled."""
        key, now = (query.service, query.region), self._clock.monotonic()
        began, task = self._tasks.get(key, (now, None))
        if task is None or now - began >= self._ttl:
            task = asyncio.create_task(self._run(query))
            self._tasks[key] = (now, task)
        return task

    async def close(self) -> None:
        """Cancel the running queries."""
        tasks = [task for _, task in self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, query: Query) -> Answer:
        try:
            rows = await query.call()
        except ServiceError as error:
            return self._fallback(query, error.problem)
        except Exception:  # noqa: BLE001 - a response that no client can parse must not affect other queries
            structlog.get_logger("scan").exception(
                "a query failed", service=query.service, region=query.region
            )
            return self._fallback(query, _problem(ProblemKind.UNKNOWN, query, "its rows cannot be read"))
        self._last[query.service, query.region] = (self._clock.monotonic(), rows)
        return Rows(rows) if rows else Nothing()

    def timed_out(self, query: Query) -> Answer:
        """Return the result of a query that has exceeded its time limit."""
        problem = _problem(ProblemKind.TIMED_OUT, query, f"no answer within {self._limit:g} s")
        return self._fallback(query, problem)

    def _fallback(self, query: Query, problem: Problem) -> Answer:
        received_at, rows = self._last.get((query.service, query.region), (0.0, ()))
        age = self._clock.monotonic() - received_at
        if rows and age <= MAX_STALE_AGE:
            return Stale(rows, age, problem)
        return TimedOut(self._limit) if problem.kind is ProblemKind.TIMED_OUT else Failed(problem)


def _problem(kind: ProblemKind, query: Query, message: str) -> Problem:
    return Problem(kind, _SERVICE_NAMES.get(query.service, "W&B"), message, query.region)
