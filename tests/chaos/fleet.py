"""Bots as real processes on one stage: started, killed, started again, and judged from outside."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bed import MANIFEST, write_in

from bot.models.launch import Launch, Stage
from bot.runtime.clock import SystemClock
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.world.scenario import Scenario
from bot.sandbox.world.scripts import LaunchScript, RunnerScript
from bot.store import open_store

SPEED = 20.0
READY, PATIENCE = 40.0, 150.0  # seconds, on a busy machine
CHANNEL = "C0TRAINING"
# Runners go idle soon, so that launches meet living ones, ending ones and none.
RUNNER = RunnerScript(start_delay=2.0, boot=2.0, poll=3.0, idle_exit=25.0)
GOOD = LaunchScript(timeline=(("QUEUED", 2.0), ("RUNNING", 10.0), ("SUCCEEDED", 0.0)), steps=10)
REFUSED = LaunchScript(error="400 Machine type is not supported", error_kind="InvalidArgument")
FAILING = LaunchScript(
    timeline=(("QUEUED", 1.0), ("RUNNING", 5.0), ("FAILED", 0.0)), steps=5, job_error="exit status 1"
)


@dataclass(slots=True)
class Fleet:
    """The processes on a stage, by number, and the words of every launch that was acknowledged."""

    stage: Sandbox
    settings: Path
    store_url: str
    bots: dict[int, asyncio.subprocess.Process] = field(default_factory=dict)
    acked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    asked: int = 0
    kills: int = 0

    async def start(self, number: int = 0) -> None:
        """Starts a process; returns once it listens."""
        before = self.stage.slack.connections
        with (self.settings.parent / f"bot-{number}.log").open("ab") as log:
            self.bots[number] = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "handlers.cli", "serve", "--settings", str(self.settings),
                env={**os.environ, **self.stage.environment()},
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            await self.stage.slack.wait_until(lambda: self.stage.slack.connections > before, READY)
        except TimeoutError:
            raise AssertionError(self.last_words(number)) from None

    async def kill(self, number: int = 0) -> None:
        """SIGKILL to a process and all that it started; returns once Slack has noticed."""
        before = self.stage.slack.connections
        process = self.bots.pop(number)
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        self.kills += 1
        with contextlib.suppress(TimeoutError):
            await self.stage.slack.wait_until(lambda: self.stage.slack.connections < before, 5)

    async def stop(self, number: int = 0) -> int:
        """SIGTERM; returns the exit code. Raises when it does not end within the promised ten seconds."""
        process = self.bots.pop(number)
        process.terminate()
        async with asyncio.timeout(15):
            return await process.wait()

    async def launch(self, *, user: str = "alice") -> str:
        """Types a launch of words that nobody else types; returns them."""
        self.asked += 1
        words = f"bert-small lr={self.asked / 1e5:.5f}"
        outcome = await self.stage.slack.type_text(user, "#training", f"/launch {words}")
        if outcome.ok:
            # A store that is too busy or away is said in the ack itself: then nothing was started.
            refused = "othing was started" in str(outcome.response)
            (self.refused if refused else self.acked).append(words)
        return words

    async def launches(self) -> tuple[Launch, ...]:
        """The store's launches, as any reader sees them."""
        store = await open_store(self.store_url, SystemClock())
        try:
            return await store.launches.recent(since=datetime(2000, 1, 1, tzinfo=UTC), limit=10_000)
        finally:
            await store.close()

    async def settle(self, seconds: float = PATIENCE) -> tuple[Launch, ...]:
        """The launches once all have ended."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            found = await self.launches()
            if all(one.stage is Stage.DONE for one in found):
                return found
            if asyncio.get_running_loop().time() > end:
                late = [one for one in found if one.stage is not Stage.DONE]
                raise AssertionError(f"{len(late)} never ended, such as {late[0]}\n{self.last_words(0)}")
            await asyncio.sleep(0.5)

    def last_words(self, number: int) -> str:
        return "\n".join(self.log(number).splitlines()[-25:])

    def log(self, number: int) -> str:
        """All that a process wrote, over all its lives."""
        path = self.settings.parent / f"bot-{number}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # The judge, at the servers' side

    def faults_of(self, launches: tuple[Launch, ...]) -> list[str]:
        """What broke a promise, one sentence each."""
        texts = Counter(launch.text for launch in launches)
        wrong = [
            f"{words} was acknowledged and is not in the store" for words in self.acked if not texts[words]
        ]
        wrong += [f"{words} is {number} launches" for words, number in texts.items() if number != 1]
        wrong += [f"{words} was refused and is in the store" for words in self.refused if texts[words]]
        for launch in launches:
            wrong += [f"{launch.launch_id} ({launch.verdict}): {fault}" for fault in self._faults(launch)]
        return wrong

    def _faults(self, launch: Launch) -> list[str]:
        world = self.stage.world
        items = [item for item in world.items.values() if item.spec.get("run_id") == launch.launch_id]
        jobs = [job for job in world.jobs.values() if job.labels.get("wandb-run-id") == launch.launch_id]
        runners = [one for one in world.executions.values() if one.env.get("LAUNCH_ID") == launch.launch_id]
        documented = max(1, sum(1 for use in launch.runners if not use.reused))
        checks = {
            f"{len(items)} queue items": len(items) == 1,
            f"{len(runners)} runners": len(runners) <= min(2, documented),
            f"{len(jobs)} jobs": len(jobs) <= 1,
            f"{self._messages(launch, 'card')} cards": self._messages(launch, "card") == 1,
            f"{self._messages(launch, 'closing')} closings": self._messages(launch, "closing") == 1,
            f"its end is not {_truth(items, jobs)}": str(launch.verdict) == _truth(items, jobs),
        }
        return [fault for fault, holds in checks.items() if not holds]

    def _messages(self, launch: Launch, kind: str) -> int:
        wanted = {"launch_id": launch.launch_id, "kind": kind}
        posted = self.stage.slack.world.messages.of(CHANNEL)
        return sum((one.body.get("metadata") or {}).get("event_payload") == wanted for one in posted)


def _truth(items: list[Any], jobs: list[Any]) -> str:
    """How a launch really ended, by the world."""
    if jobs:
        return {"SUCCEEDED": "succeeded", "FAILED": "failed", "CANCELLED": "cancelled"}.get(
            jobs[0].state, "open"
        )
    if any(item.state in ("FAILED", "CLAIMED") for item in items):
        return "failed"  # claimed, and its agent died before there was a job
    return "cancelled" if any(item.removed for item in items) else "open"


def busy_day(*scripts: LaunchScript, speed: float = SPEED) -> Scenario:
    """A scenario whose launches go as the scripts say, over and over."""
    return Scenario(
        title="chaos",
        speed=speed,
        latency={"*": 0.02},
        runner=(RUNNER,),
        launch=(scripts or (GOOD,)) * 60,
    )


@asynccontextmanager
async def fleet_on(
    folder: Path, scenario: Scenario, *, store_url: str = "", **store: object
) -> AsyncIterator[Fleet]:
    """A stage, and no process yet; those that were started are ended with it."""
    async with Sandbox(scenario, manifest=MANIFEST) as stage:
        # Processes that are killed and started all the time are slower than the scenario.
        settings = stage.write_settings(
            folder,
            wait=150.0,
            start_within=150.0,
            queue_expires=600.0,
            pending_timeout=10.0,
            call=5.0,
            not_found_grace=1.0,
            dedup_window=0.1,
        )
        url = store_url or f"sqlite:///{folder}/launch-control.db"
        write_in(settings, "store", url=url, **store)
        write_in(settings, "slack", http_port=0)
        write_in(settings, "limits", in_flight="unlimited", in_flight_per_person="unlimited")
        fleet = Fleet(stage, settings, url)
        try:
            yield fleet
        finally:
            for number in list(fleet.bots):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(fleet.bots[number].pid, signal.SIGKILL)
                await fleet.bots[number].wait()


async def until(happened: Callable[[], object], seconds: float) -> bool:
    """Whether it happened in time; asked a thousand times a second, because the moment matters."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        seen = happened()
        if await seen if inspect.isawaitable(seen) else seen:
            return True
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(0.001)
