"""Two hundred launches in flight in one process: what they cost, and how soon people see their jobs."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import re
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from bench_tools import measure

from bot.sandbox.child import BotProcess
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.settings import BOT_USER, PEOPLE, ChannelConfig
from bot.sandbox.world.scenario import Scenario
from bot.sandbox.world.scripts import LaunchScript, RunnerScript

LAUNCHES = 200
WINDOW = 60.0  # seconds in which everything is in flight and nothing changes
POLL = 5.0
PAGE = 100  # jobs that one call of a listing returns
SUBMITTED = "Task → Cloud"
ROOMS = 20  # Slack allows one post a second in a channel: so many share the cards
WIDER = 5.0  # with the tiers on, they and the bot's budgets are so many times as wide: a bench must end
EDITS = 40.0  # the bot's own budget of edits a minute, as its settings have it


class Cards:
    """What Slack was told of each card, read from its journal; `shown` is when a card showed its job."""

    def __init__(self, stage: Sandbox) -> None:
        self._stage = stage
        self._read = 0
        self._looks: dict[str, str] = {}
        self.shown: dict[str, float] = {}
        self.ticks: list[float] = []

    def read(self) -> None:
        """Goes on where it stopped; call it before the journal forgets."""
        journal = self._stage.slack.traffic
        total = sum(journal.counts.values())
        fresh = list(journal.calls)[-(total - self._read) :] if total > self._read else []
        self._read = total
        for call in fresh:
            if call.method == "chat.update" and call.ok:
                self._edited(str(call.arguments["ts"]), str(call.arguments.get("blocks")), call.at)

    def _edited(self, ts: str, blocks: str, at: float) -> None:
        # As the JSON text that was sent, or as its value.
        if SUBMITTED in blocks or SUBMITTED.encode("unicode_escape").decode() in blocks:
            self.shown.setdefault(ts, at)
        # What differs in its numbers only tells that time has passed.
        looks = re.sub(r"\d+", "#", blocks)
        if self._looks.get(ts) == looks:
            self.ticks.append(at)
        self._looks[ts] = looks

    def delays(self) -> list[tuple[float, float]]:
        """When each job was there, and when its card showed it (infinite: not yet)."""
        cards = {}
        for room in self._stage.slack.settings.channels:
            for message in self._stage.slack.world.messages.of(room.id):
                found = re.search(r"'launch_id': '(\w+)', 'kind': 'card'", str(message.body.get("metadata")))
                if found:
                    cards[found.group(1)] = message.ts
        return [
            (job.created.timestamp(), self.shown.get(cards.get(job.labels["wandb-run-id"], ""), math.inf))
            for job in self._stage.world.jobs.values()
            if "wandb-run-id" in job.labels
        ]


@asynccontextmanager
async def bot_on_stage(*, tiers: bool) -> AsyncIterator[tuple[Sandbox, psutil.Process]]:
    """The bot, warm, in a world whose jobs run on; with Slack's tiers lifted, or on."""
    script = LaunchScript(timeline=(("RUNNING", 3600.0),), submit_after=3.0, calls_init=False)
    day = Scenario(
        title="bench", latency={"*": 0.05}, launch=(script,), runner=(RunnerScript(poll=1.0, boot=1.0),)
    )
    with tempfile.TemporaryDirectory(prefix="launch-control-bench-") as folder:
        stage = Sandbox(day)
        rooms = (
            ChannelConfig("C0TRAINING", "training", _EVERYBODY),
            *(ChannelConfig(f"C0ROOM{number:03}", f"room-{number}", _EVERYBODY) for number in range(ROOMS)),
        )
        stage.slack = type(stage.slack)(
            dataclasses.replace(
                stage.slack.settings, channels=rooms, rate_limits=tiers, rate_multiplier=WIDER
            )
        )
        async with stage:
            settings = stage.write_settings(Path(folder), poll=POLL, wait=600.0)
            edits, posts = (EDITS * WIDER, WIDER) if tiers else (60_000.0, 1000.0)
            limits = '[limits]\nin_flight = "unlimited"\nin_flight_per_person = "unlimited"\n'
            budgets = f"{limits}[slack]\nposts_per_second = {posts}\nedits_per_minute = {edits}\n"
            settings.write_text(settings.read_text().replace("[slack]\n", budgets, 1))
            async with BotProcess(settings, stage.environment(), log=Path(folder) / "bot.log") as bot:
                await stage.slack.wait_until(lambda: stage.slack.connections > 0, 60)
                await asyncio.sleep(5)  # its clients are warm
                assert bot.process is not None
                yield stage, psutil.Process(bot.process.pid)


_EVERYBODY = (*(person.id for person in PEOPLE), BOT_USER)


async def _type_all(stage: Sandbox) -> int:
    """Types the launches, as fast as they are acknowledged; returns how many there are."""
    taken = 0
    for number in range(LAUNCHES):
        text = f"/launch bert-small lr={(number + 1) / 1e5:.5f}"
        outcome = await stage.slack.type_text("alice", f"#room-{number % ROOMS}", text)
        # A store that is too busy refuses a launch within its second, and says so.
        taken += outcome.ok and "othing was started" not in str(outcome.response)
    return taken


async def _all_shown(stage: Sandbox, launches: int) -> Cards:
    """Returns once every job is on its card."""
    cards = Cards(stage)
    while len(cards.shown) < launches:
        await asyncio.sleep(0.5)
        cards.read()
    return cards


async def lifted() -> None:
    """With Slack's tiers lifted: what is measured is the bot, not its manners."""
    async with bot_on_stage(tiers=False) as (stage, process):
        before = process.memory_info().rss
        began, cpu = time.perf_counter(), _cpu(process)
        launches = await _type_all(stage)
        measure("launches_refused", LAUNCHES - launches, 0)
        cards = await _all_shown(stage, launches)
        measure("launches_to_all_submitted_s", time.perf_counter() - began, launches=launches)
        measure("cpu_ms_a_launch_to_its_job", 1000 * (_cpu(process) - cpu) / launches)
        delays = [shown - visible for visible, shown in cards.delays()]
        measure("job_to_card_p50_s", statistics.median(delays), POLL + 1, launches=launches)
        measure("job_to_card_p95_s", statistics.quantiles(delays, n=20)[18], POLL + 1, launches=launches)
        calls, cpu = _listings(stage), _cpu(process)
        await asyncio.sleep(WINDOW)
        measure("cpu_ms_a_launch_and_minute", 1000 * (_cpu(process) - cpu) / launches * 60 / WINDOW)
        measure("memory_kb_a_launch", (process.memory_info().rss - before) / 1024 / launches)
        pages = math.ceil(len(stage.world.jobs) / PAGE)
        listings = (_listings(stage) - calls) / pages * 60 / WINDOW
        measure("listings_a_minute", listings, 60 / POLL + 1, launches=launches, pages_each=pages)


async def kept() -> None:
    """With the tiers on: edits are scarce, so changes of state go first, and what waits is bounded."""
    async with bot_on_stage(tiers=True) as (stage, _):
        launches = await _type_all(stage)
        cards = await _all_shown(stage, launches)
        spans = cards.delays()
        # A job is news to the bot one interval after it is there, at the latest.
        owed = [(visible + POLL + 1, shown) for visible, shown in spans]
        early = [at for at in cards.ticks if any(since < at < until for since, until in owed)]
        measure("ticks_before_changes", len(early), 0, edits=stage.slack.traffic.counts["chat.update"])
        moments = [visible for visible, _ in spans]
        backlog = max(sum(visible <= at < shown for visible, shown in spans) for at in moments)
        measure("backlog_most_cards", backlog, launches)
        last = max(shown for _, shown in spans) - max(moments)
        measure("backlog_gone_s", last, 60 * launches / (EDITS * WIDER) + POLL + 1)
        measure("edits_refused", stage.slack.traffic.too_many["chat.update"], 0)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _listings(stage: Sandbox) -> int:
    return sum(calls for (_, method, _), calls in stage.world.calls.items() if method == "ListCustomJobs")


async def run() -> None:
    """All measures of launches in flight."""
    await lifted()
    await kept()


if __name__ == "__main__":
    asyncio.run(run())
