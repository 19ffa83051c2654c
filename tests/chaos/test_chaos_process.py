from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fleet import CHANNEL, FAILING, GOOD, REFUSED, Fleet, busy_day, fleet_on, until

from bot.sandbox.world.state import Fault

LONG = os.environ.get("CHAOS") == "long"
RANDOM_KILLS = 40 if LONG else 3
# How long a launch takes from its command to its closing reply, roughly: kills are spread over it.
SPAN = 4.0


@pytest.mark.timeout(1500)
async def test_killed_at_random_points(tmp_path: Path) -> None:
    """Whenever the bot is killed, each launch it acknowledged has one item, one card, one true outcome."""
    dice = random.Random(int(os.environ.get("CHAOS_SEED", "1")))  # noqa: S311 - not a secret
    async with fleet_on(tmp_path, busy_day(GOOD, GOOD, REFUSED, GOOD, FAILING)) as fleet:
        for number in range(RANDOM_KILLS):
            await fleet.start()
            typing = asyncio.create_task(fleet.launch())
            await asyncio.sleep(SPAN * (number + dice.random()) / RANDOM_KILLS)
            await fleet.kill()
            await typing
        await fleet.start()
        launches = await fleet.settle()

        assert [] == fleet.faults_of(launches)
        assert len(launches) >= RANDOM_KILLS * 2 // 3


def spent(service: str, method: str, **fault: Any) -> Callable[[Fleet], Callable[[], object]]:
    """A boundary at a call of Google's or W&B's: it hangs, before or after its effect, until the kill."""

    def arm(fleet: Fleet) -> Callable[[], object]:
        made = Fault(service=service, method=method, hang=True, times=1, **fault)
        fleet.stage.world.faults.append(made)
        return lambda: made.times == 0

    return arm


def shown(words: str) -> Callable[[Fleet], Callable[[], object]]:
    """A boundary at a message of the newest card or its thread: killed as soon as Slack has it."""

    def arm(fleet: Fleet) -> Callable[[], object]:
        messages = fleet.stage.slack.world.messages
        before = sum(words in str(one.body) for one in messages.of(CHANNEL))
        return lambda: sum(words in str(one.body) for one in messages.of(CHANNEL)) > before

    return arm


BOUNDARIES: dict[str, Callable[[Fleet], Callable[[], object]]] = {
    "card posted": shown("'kind': 'card'"),
    "before the item is queued": spent("wandb", "pushToRunQueueByName"),
    "after the item is queued": spent("wandb", "pushToRunQueueByName", after_effect=True),
    "before the runner is started": spent("run", "RunJob"),
    "after the runner is started": spent("run", "RunJob", after_effect=True),
    "first listing": spent("aiplatform", "ListCustomJobs"),
    "art shown": shown("Task → Cloud"),
    "history read": spent("wandb", "RunSampledHistory"),
    "end shown": shown("*Succeeded:*"),
    "closing reply posted": shown("'kind': 'closing'"),
}
CANCELS: dict[str, Callable[[Fleet], Callable[[], object]]] = {
    "before the job is cancelled": spent("aiplatform", "CancelCustomJob"),
    "after the job is cancelled": spent("aiplatform", "CancelCustomJob", after_effect=True),
    "run stopped": spent("wandb", "stopRun", after_effect=True),
}
SHORT = ("after the item is queued", "after the runner is started", "closing reply posted")


@pytest.mark.timeout(1500)
async def test_killed_at_every_step_boundary(tmp_path: Path) -> None:
    """Right before and right after each effect, where nobody knows whether it happened: it happens once."""
    chosen = BOUNDARIES if LONG else {name: BOUNDARIES[name] for name in SHORT}
    async with fleet_on(tmp_path, busy_day(GOOD)) as fleet:
        met = []
        for name, arm in chosen.items():
            for execution in fleet.stage.world.executions.values():
                execution.state = "succeeded"  # the next launch starts its own runner
            reached = arm(fleet)
            await fleet.start()
            await fleet.launch()
            if await until(reached, 30):
                met.append(name)
            await fleet.kill()
        await fleet.start()
        launches = await fleet.settle()

        assert [] == fleet.faults_of(launches)
        assert list(chosen) == met


@pytest.mark.timeout(600)
@pytest.mark.skipif(not LONG, reason="part of the long form: make chaos")
async def test_killed_while_cancelling(tmp_path: Path) -> None:
    """A cancel that was asked for is carried out by the next process: job cancelled first, said then."""
    async with fleet_on(
        tmp_path, busy_day(GOOD.model_copy(update={"timeline": (("RUNNING", 900.0),)}))
    ) as fleet:
        met = []
        for name, arm in CANCELS.items():
            await fleet.start()
            words = await fleet.launch()
            assert await until(lambda: len(fleet.stage.world.jobs) > len(met), 40)
            launch = next(one for one in await fleet.launches() if one.text == words)
            reached = arm(fleet)
            await fleet.stage.slack.type_text("alice", "#training", f"/launch cancel {launch.launch_id}")
            if await until(reached, 30):
                met.append(name)
            await fleet.kill()
        await fleet.start()
        launches = await fleet.settle()

        assert [] == fleet.faults_of(launches)
        assert ["cancelled"] * len(CANCELS) == [str(one.verdict) for one in launches]


@pytest.mark.timeout(120)
async def test_a_restart_resumes_within_ten_seconds_and_a_stop_is_clean(tmp_path: Path) -> None:
    """A team waits for its outcome: what was in flight goes on at once; SIGTERM ends the bot in order."""
    async with fleet_on(tmp_path, busy_day(GOOD)) as fleet:
        await fleet.start()
        await fleet.launch()
        assert await until(lambda: fleet.stage.world.items, 20)
        await fleet.kill()
        asked = sum(fleet.stage.world.calls.values())
        begun = asyncio.get_running_loop().time()
        await fleet.start()
        assert await until(lambda: sum(fleet.stage.world.calls.values()) > asked, 10)
        took = asyncio.get_running_loop().time() - begun
        launches = await fleet.settle()
        code = await fleet.stop()

        assert (0, []) == (code, fleet.faults_of(launches))
        assert took < 10
