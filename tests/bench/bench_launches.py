"""Two hundred launches in flight in one process: what they cost, and how soon a job is shown."""

from __future__ import annotations

import asyncio
import math
import re
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from bench_tools import measure

from bot.sandbox.child import BotProcess
from bot.sandbox.slack.rates import RateLimits
from bot.sandbox.stage import Stage
from bot.sandbox.world.scenario import Scenario
from bot.sandbox.world.scripts import LaunchScript, RunnerScript

LAUNCHES = 200
WINDOW = 60.0  # seconds in which everything is in flight and nothing changes
POLL = 5.0
PAGE = 100  # jobs that one call of a listing returns
SUBMITTED = "Task → Cloud"


def main() -> None:
    """Prints the measures: CPU and memory a launch, listings a minute, delays from job to card."""
    asyncio.run(run())


async def run() -> None:
    """The same, in a running loop."""
    script = LaunchScript(timeline=(("RUNNING", 3600.0),), submit_after=3.0, calls_init=False)
    day = Scenario(
        title="bench", latency={"*": 0.05}, launch=(script,), runner=(RunnerScript(poll=1.0, boot=1.0),)
    )
    with tempfile.TemporaryDirectory(prefix="launch-control-bench-") as folder:
        async with Stage(day) as stage:
            # Slack's tiers are lifted: what is measured is the bot, not its manners.
            stage.slack.world.rates = RateLimits(enabled=False, multiplier=1)
            settings = stage.write_settings(Path(folder), poll=POLL, wait=300.0)
            lifted = "[slack]\nposts_per_second = 1000.0\nedits_per_minute = 60000.0\n"
            settings.write_text(settings.read_text().replace("[slack]\n", lifted, 1))
            async with BotProcess(settings, stage.environment(), log=Path(folder) / "bot.log") as bot:
                await stage.slack.wait_until(lambda: stage.slack.connections > 0, 60)
                await asyncio.sleep(5)  # its clients are warm
                assert bot.process is not None
                await _measure(stage, psutil.Process(bot.process.pid))


async def _measure(stage: Stage, process: psutil.Process) -> None:
    before = process.memory_info().rss
    typed = asyncio.Event()
    watching = asyncio.create_task(_delays(stage, typed))
    began = time.perf_counter()
    for number in range(LAUNCHES):
        await stage.slack.type_text("alice", "#training", f"/launch bert-small lr={(number + 1) / 1e5:.5f}")
    # A store that is too busy refuses a launch within its second, and says so: those are not in flight.
    await asyncio.sleep(2)
    typed.set()
    delays = await watching
    measure("launches_refused", LAUNCHES - len(delays), 0)
    measure("launches_to_all_submitted_s", time.perf_counter() - began, launches=LAUNCHES)
    measure("job_to_card_p50_s", statistics.median(delays), POLL + 1, launches=LAUNCHES)
    measure("job_to_card_p95_s", statistics.quantiles(delays, n=20)[18], POLL + 1, launches=LAUNCHES)
    calls = _listings(stage)
    cpu = sum(process.cpu_times()[:2])
    await asyncio.sleep(WINDOW)
    spent = sum(process.cpu_times()[:2]) - cpu
    measure("cpu_ms_a_launch_and_minute", 1000 * spent / LAUNCHES * 60 / WINDOW, launches=LAUNCHES)
    measure("memory_kb_a_launch", (process.memory_info().rss - before) / 1024 / LAUNCHES, launches=LAUNCHES)
    pages = math.ceil(len(stage.world.jobs) / PAGE)
    listings = (_listings(stage) - calls) / pages * 60 / WINDOW
    measure("listings_a_minute", listings, 60 / POLL + 1, launches=LAUNCHES, pages_each=pages)


async def _delays(stage: Stage, typed: asyncio.Event) -> list[float]:
    """Seconds from each job's creation to the edit of its launch's card that shows it."""
    shown: dict[str, float] = {}
    cards: set[str] = set()
    while not (typed.is_set() and len(shown) == len(cards)):
        now = stage.world.now().timestamp()
        for message in stage.slack.world.messages.of("C0TRAINING"):
            own = _launch_id(message)
            cards |= {own} - {""}
            if own and own not in shown and SUBMITTED in str(message.body.get("blocks")):
                shown[own] = now
        await asyncio.sleep(0.1)
    return [
        shown[job.labels["wandb-run-id"]] - job.created.timestamp()
        for job in stage.world.jobs.values()
        if job.labels.get("wandb-run-id") in shown
    ]


def _launch_id(message: Any) -> str:
    found = re.search(r"'launch_id': '(\w+)', 'kind': 'card'", str(message.body.get("metadata")))
    return found.group(1) if found else ""


def _listings(stage: Stage) -> int:
    return sum(calls for (_, method, _), calls in stage.world.calls.items() if method == "ListCustomJobs")


if __name__ == "__main__":
    main()
