"""The whole bot as a process: its start, its acks, its memory, and what a person waits for."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from bench_tools import TIMES, Servers, measure, servers

from bot.sandbox.child import BotProcess

ONE_BY_ONE, TOGETHER = 200, 1_000
IDLE_SECONDS = 6.0
BIG_ENTRIES, BIG_ENTRY = 1_000, 10_000  # one read of a log: as much as is diagnosed at once


@asynccontextmanager
async def bot(where: Servers) -> AsyncIterator[tuple[psutil.Process, float]]:
    """The bot, connected; with the seconds that this took."""
    log = where.settings.parent / "bot.log"
    began = time.monotonic()
    async with BotProcess(where.settings, where.environment, log=log) as child:
        assert child.process
        ready = await where.order("connected") - began
        yield psutil.Process(child.process.pid), ready
        (where.settings.parent / "launch-control.db").unlink(missing_ok=True)


async def start_and_rest() -> None:
    """How soon it listens, and what it needs when nobody asks."""
    starts: list[float] = []
    sizes: list[dict[str, float]] = []
    for _ in range(TIMES):
        async with servers() as where, bot(where) as (process, ready):
            starts.append(ready)
            if len(sizes) < 1:
                await asyncio.sleep(IDLE_SECONDS)
                family = [process, *process.children(recursive=True)]
                sizes.append({one.name(): one.memory_info().rss / 2**20 for one in family})
    measure("ready_s", statistics.median(starts), 3)
    measure(
        "idle_rss_mb",
        sum(sizes[0].values()),
        220,
        processes={name: round(mb) for name, mb in sizes[0].items()},
    )


def help_seconds() -> None:
    """`launch-control --help`, from the shell's point of view."""
    command = [str(Path(sys.executable).with_name("launch-control")), "--help"]

    def once() -> float:
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
        return time.perf_counter() - began

    measure("help_s", statistics.median(once() for _ in range(TIMES)), 0.4)


async def acks() -> None:
    """`/launch` is acknowledged after its insert, whatever else goes on."""
    async with servers() as where, bot(where):
        await asyncio.sleep(IDLE_SECONDS)
        texts = [f"/launch bert-small lr={number / 1e5}" for number in range(1, ONE_BY_ONE + 1)]
        taken = sorted(await where.order("type", texts=texts, together=False, rooms=50))
        measure(
            "ack_p99_ms",
            taken[int(len(taken) * 0.99)],
            50,
            p50_ms=statistics.median(taken),
            slowest_ms=taken[-1],
        )
    async with servers() as where, bot(where):
        await asyncio.sleep(IDLE_SECONDS)
        texts = [f"/launch bert-small lr={number / 1e5}" for number in range(1, TOGETHER + 1)]
        taken = sorted(await where.order("type", texts=texts, together=True, rooms=50))
        measure("ack_burst_max_ms", taken[-1], 1000, p50_ms=statistics.median(taken), commands=len(taken))


async def acks_meanwhile() -> None:
    """A log of 10 MB is read, redacted and diagnosed in a thread: commands are acknowledged all the same."""
    async with servers() as where, bot(where):
        words = await where.order("big_log", entries=BIG_ENTRIES, size=BIG_ENTRY)
        await asyncio.sleep(IDLE_SECONDS)
        taken = sorted(await where.order("type_during_monitor", text="/launch presets", words=words))
    measure(
        "ack_while_diagnosing_ms",
        taken[int(len(taken) * 0.99)],
        50,
        p50_ms=statistics.median(taken),
        slowest_ms=taken[-1],
        commands=len(taken),
    )


async def happy() -> None:
    """What a person waits for in the happy scenario."""
    async with servers("happy") as where, bot(where):
        await asyncio.sleep(IDLE_SECONDS)
        verdict, first, last = await where.order("monitor", channel="#evals")
        card, art = await where.order("launch", text="/launch bert-small lr=0.0003")
    measure("launch_card_s", card)
    measure("job_to_art_s", art)
    measure("monitor_verdict_s", verdict)
    measure("monitor_first_s", first)
    measure("monitor_last_s", last)


async def run() -> None:
    """All measures of the bot."""
    help_seconds()
    await start_and_rest()
    await acks()
    await acks_meanwhile()
    await happy()


if __name__ == "__main__":
    asyncio.run(run())
