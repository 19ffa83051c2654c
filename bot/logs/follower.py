"""Waits until a Cloud Run execution has ended, and reads its log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.logs.tail import LogTail
from bot.models.cloud import Execution
from bot.models.errors import ServiceError
from bot.ports import Clock, Logs

# The maximum difference between the local clock and that of Google Cloud.
CLOCK_SKEW = timedelta(seconds=60)
# The interval in seconds at which the log is read during the run; shorter ones would not finish sooner.
READ_INTERVAL = 60.0
_EPOCH = datetime.fromtimestamp(0, UTC)


class Executions(Protocol):
    """The part of `bot.ports.Runners` that the follower needs."""

    async def get_execution(self, resource: str) -> Execution:
        """Return one execution by its full name."""
        ...


class RunnerClient(Protocol):
    """Cloud Run and Cloud Logging of one project; `bot.clients.google.GoogleCloud` is an implementation."""

    @property
    def project(self) -> str:
        """Return the project id."""
        ...

    @property
    def runners(self) -> Executions:
        """Return the Cloud Run client."""
        ...

    @property
    def logs(self) -> Logs:
        """Return the Cloud Logging client with its rate limiter."""
        ...

    async def close(self) -> None:
        """Close the connections of the running event loop; later calls open them again."""
        ...


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds between two requests for an execution, and for late log lines after its end."""

    poll: float
    grace: float


class LogFollower:
    """Follows one execution for at most `timeout` seconds plus one call."""

    def __init__(self, client: RunnerClient, clock: Clock, waits: Waits, *, timeout: float) -> None:
        self._client = client
        self._clock = clock
        self._waits = waits
        self._deadline = clock.monotonic() + timeout

    async def follow(self, resource: str) -> tuple[Execution, list[str]]:
        """Return the execution when it has ended, or as it is at the deadline, and its log, oldest first.

        The log is not redacted. Raise ServiceError if the execution or its log cannot be read. Transient
        failures are retried until the deadline, except for the first request, which more likely is a mistake.
        """
        execution = await self._client.runners.get_execution(resource)
        tail = self._tail(execution)
        if execution.active:
            execution = await self._wait_for_end(execution, tail)
        return execution, await self._complete_log(execution, tail)

    async def read(self, resource: str) -> tuple[Execution, list[str]]:
        """Return the execution as it is now, and its log, oldest first, not redacted. Raise ServiceError."""
        execution = await self._client.runners.get_execution(resource)
        return execution, await self._complete_log(execution, self._tail(execution))

    def _tail(self, execution: Execution) -> LogTail:
        since = execution.created - CLOCK_SKEW if execution.created else _EPOCH
        return LogTail(self._client.logs, execution.name, since)

    async def _wait_for_end(self, execution: Execution, tail: LogTail) -> Execution:
        """Return the execution when it has ended or at the deadline; meanwhile read its stable log lines."""
        read_at = -READ_INTERVAL
        while execution.active and self._time_left() > 0:
            if self._clock.monotonic() - read_at >= READ_INTERVAL:
                read_at = self._clock.monotonic()
                await self._read_stable_lines(tail)
            await self._clock.wait(min(self._waits.poll, self._time_left()))
            execution = await self._refresh(execution)
        return execution

    async def _refresh(self, last: Execution) -> Execution:
        try:
            return await self._client.runners.get_execution(last.resource)
        except ServiceError as error:
            if not error.problem.passing or self._time_left() <= 0:
                raise
            return last

    async def _read_stable_lines(self, tail: LogTail) -> None:
        """Read the lines that are older than the grace period: lines arrive late and out of order."""
        grace = timedelta(seconds=self._waits.grace)
        try:
            await tail.read(until=self._clock.now() - grace - CLOCK_SKEW)
        except ServiceError as error:
            if not error.problem.passing:
                raise

    async def _complete_log(self, execution: Execution, tail: LogTail) -> list[str]:
        """Return the complete log, after waiting for late lines."""
        await self._clock.wait(min(self._late_line_wait(execution), self._time_left()))
        while True:
            try:
                await tail.read(until=self._clock.now() + CLOCK_SKEW)
            except ServiceError as error:
                if not error.problem.passing or self._time_left() <= 0:
                    raise
                pause = max(self._waits.poll, error.problem.retry_after or 0)
                await self._clock.wait(min(pause, self._time_left()))
            else:
                return tail.texts()

    def _late_line_wait(self, execution: Execution) -> float:
        """Return the seconds for which lines may still arrive."""
        if execution.active:
            return 0.0
        if execution.ended is None:
            return self._waits.grace
        since_end = (self._clock.now() - execution.ended).total_seconds()
        return max(0.0, self._waits.grace - max(0.0, since_end))

    def _time_left(self) -> float:
        return max(0.0, self._deadline - self._clock.monotonic())
