"""What the benches share: the servers' process, the bot's process, clocks and how a measure is printed."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TIMES = 5


def measure(name: str, value: float, limit: float | None = None, **more: Any) -> None:
    """Prints one measure as a JSON line; `limit` is the most that it may be."""
    said: dict[str, Any] = {"name": name, "value": round(value, 4)}
    if limit is not None:
        said |= {"limit": limit, "met": value <= limit}
    more = {key: round(what, 4) if isinstance(what, float) else what for key, what in more.items()}
    print(json.dumps({**said, **more}), flush=True)  # noqa: T201 - a script's answer


def calibration() -> float:
    """Milliseconds of a fixed loop, so that absolute times of two machines can be compared."""
    return 1000 * statistics.median(_loop() for _ in range(TIMES))


def _loop() -> float:
    began = time.perf_counter()
    total = 0
    for number in range(1_000_000):
        total += number * number % 7
    return time.perf_counter() - began


async def median_of(run: Callable[[], Awaitable[float]], times: int = TIMES) -> float:
    """The median of that many runs."""
    return statistics.median([await run() for _ in range(times)])


@dataclass(slots=True)
class Servers:
    """The servers' process; `order` has it do something and returns its answer."""

    process: asyncio.subprocess.Process
    settings: Path
    environment: dict[str, str]

    async def order(self, what: str, **details: Any) -> Any:
        """What the servers answer to an order of `bench_servers.ORDERS`."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"order": what, **details}).encode() + b"\n")
        return (await _line(self.process))["answer"]


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError("the servers have ended; their last words are above")
    said: dict[str, Any] = json.loads(line)
    return said


@asynccontextmanager
async def servers(scenario: str = "bench") -> AsyncIterator[Servers]:
    """The sandbox's servers in a process of their own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / "bench_servers.py"), scenario,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=_environment(), limit=2**24,
    )  # fmt: skip
    try:
        hello = await _line(process)
        yield Servers(process, Path(hello["settings"]), hello["environment"])
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()


def _environment() -> dict[str, str]:
    outside = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return {**outside, "PYTHONPATH": str(HERE.parents[1])}
