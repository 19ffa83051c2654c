"""Measures how fast the app acknowledges commands."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass

from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.directory import Channel
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.wire import Json


@dataclass(frozen=True, slots=True)
class AckBenchmark:
    """Ack latencies in milliseconds over `sent` commands, of which `failed` got no ack in time."""

    sent: int
    failed: int
    seconds: float
    p50: float
    p90: float
    p99: float
    slowest: float

    def as_json(self) -> Json:
        """Return the result for the control API."""
        return asdict(self)


async def measure_acks(
    delivery: Delivery,
    payloads: Payloads,
    *,
    user: str,
    channel: Channel,
    command: str,
    count: int,
    concurrency: int,
) -> AckBenchmark:
    """Send `count` commands, `concurrency` at a time, each with its number as text."""
    gate = asyncio.Semaphore(concurrency)

    async def one(number: int) -> Outcome:
        async with gate:
            payload = payloads.command(user, channel, command, str(number))
            return await delivery.deliver("slash_commands", payload)

    started = time.perf_counter()
    outcomes = await asyncio.gather(*(one(number) for number in range(count)))
    seconds = time.perf_counter() - started
    taken = sorted(outcome.milliseconds for outcome in outcomes if outcome.ok)
    p50, p90, p99, slowest = (_percentile(taken, share) for share in (0.5, 0.9, 0.99, 1.0))
    return AckBenchmark(count, count - len(taken), seconds, p50, p90, p99, slowest)


def _percentile(ordered: list[float], share: float) -> float:
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 3)
