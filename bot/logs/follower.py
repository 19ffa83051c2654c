"""Waits for the end of an execution, as Cloud Run tells it, and reads its log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.logs.tail import LogTail
from bot.models.cloud import Execution
from bot.models.errors import ServiceError
from bot.ports import Clock, Logs

# Our clock and Google's may differ by this much before a line is missed.
MARGIN = timedelta(seconds=60)
# A long log is read while it is written, this often (seconds); less would not finish sooner.
READ_EVERY = 60.0
_ALWAYS = datetime.fromtimestamp(0, UTC)


class Executions(Protocol):
    """The part of `bot.ports.Runners` that is asked here."""

    async def get_execution(self, resource: str) -> Execution:
        """One execution by its full name."""
        ...


class RunnerClient(Protocol):
    """Cloud Run and Cloud Logging of one project; `bot.clients.google.GoogleCloud` is one."""

    @property
    def project(self) -> str:
        """The project's id."""
        ...

    @property
    def runners(self) -> Executions:
        """Cloud Run."""
        ...

    @property
    def logs(self) -> Logs:
        """Cloud Logging, behind its budget of reads."""
        ...

    async def close(self) -> None:
        """Close what the running event loop has opened; later calls open it again."""
        ...


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds: between two looks at an execution, and for lines that come after its end."""

    poll: float
    grace: float


class LogFollower:
    """Follows one execution, for at most `timeout` seconds and one call from now on."""

    def __init__(self, client: RunnerClient, clock: Clock, waits: Waits, *, timeout: float) -> None:
        self._client = client
        self._clock = clock
        self._waits = waits
        self._until = clock.monotonic() + timeout

    async def follow(self, resource: str) -> tuple[Execution, list[str]]:
        """Return the execution once it has ended, or as it is at the deadline, and its log, oldest first.

        The log is not redacted. Raise ServiceError when the execution or its log cannot be read; failures
        that may pass are waited out while there is time, but for the first, which is more likely a mistake.
        """
        execution = await self._client.runners.get_execution(resource)
        tail = self._tail(execution)
        if execution.active:
            execution = await self._end_of(execution, tail)
        return execution, await self._rest(execution, tail)

    async def read(self, resource: str) -> tuple[Execution, list[str]]:
        """Return the execution as it is now, and its log, oldest first, not redacted. Raise ServiceError."""
        execution = await self._client.runners.get_execution(resource)
        return execution, await self._rest(execution, self._tail(execution))

    def _tail(self, execution: Execution) -> LogTail:
        since = execution.created - MARGIN if execution.created else _ALWAYS
        return LogTail(self._client.logs, execution.name, since)

    async def _end_of(self, execution: Execution, tail: LogTail) -> Execution:
        """Read meanwhile what can no longer change."""
        read_at = -READ_EVERY
        while execution.active and self._left() > 0:
            if self._clock.monotonic() - read_at >= READ_EVERY:
                read_at = self._clock.monotonic()
                await self._read_settled(tail)
            await self._clock.wait(min(self._waits.poll, self._left()))
            execution = await self._look(execution)
        return execution

    async def _look(self, before: Execution) -> Execution:
        try:
            return await self._client.runners.get_execution(before.resource)
        except ServiceError as error:
            if not error.problem.passing or self._left() <= 0:
                raise
            return before

    async def _read_settled(self, tail: LogTail) -> None:
        """Lines come late and out of order: those before a grace ago have all come."""
        grace = timedelta(seconds=self._waits.grace)
        try:
            await tail.read(until=self._clock.now() - grace - MARGIN)
        except ServiceError as error:
            if not error.problem.passing:
                raise

    async def _rest(self, execution: Execution, tail: LogTail) -> list[str]:
        """Return the whole log, once the late lines have had their time."""
        await self._clock.wait(min(self._late(execution), self._left()))
        while True:
            try:
                await tail.read(until=self._clock.now() + MARGIN)
            except ServiceError as error:
                if not error.problem.passing or self._left() <= 0:
                    raise
                pause = max(self._waits.poll, error.problem.retry_after or 0)
                await self._clock.wait(min(pause, self._left()))
            else:
                return tail.texts()

    def _late(self, execution: Execution) -> float:
        """Seconds for which lines may still come."""
        if execution.active:
            return 0.0
        if execution.ended is None:
            return self._waits.grace
        since_end = (self._clock.now() - execution.ended).total_seconds()
        return max(0.0, self._waits.grace - max(0.0, since_end))

    def _left(self) -> float:
        return max(0.0, self._until - self._clock.monotonic())
