from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from rig import NoLogs, Rig

from bot.logs.diagnosing_reader import LogDiagnoser
from bot.models.launch import Launch, Stage, Verdict

# Every moment in the long form; else every third, which meets moments before and after a step alike.
STRIDE = 1 if os.environ.get("CHAOS") == "long" else 3
# Everything that a turn does to the store or to the outside; a kill may come right before or right after it.
STEPS = {
    "launches": ("save", "claim_start", "release_start"),
    "tracker": ("enqueue", "remove_item", "stop_run"),
    "runners": ("start",),
    "jobs": ("cancel",),
    "notifier": ("post", "flush", "close", "notify_late_job", "upload_chart"),
    "audit": ("record",),
}


class Killed(BaseException):
    """The process is gone."""


class Countdown:
    """Kills at one of the moments around the steps: even ones lie before a step, odd ones after it."""

    def __init__(self, moment: int) -> None:
        self.left = moment

    async def around(self, step: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._pass()
        answer = await step(*args, **kwargs)
        self._pass()
        return answer

    def _pass(self) -> None:
        self.left -= 1
        if self.left == -1:
            raise Killed


class Mortal:
    """A real part whose steps a countdown may kill."""

    def __init__(self, part: Any, steps: tuple[str, ...], countdown: Countdown) -> None:
        self._part = part
        self._steps = steps
        self._countdown = countdown

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name not in self._steps:
            return found
        return lambda *args, **kwargs: self._countdown.around(found, *args, **kwargs)


async def killed_at(rig: Rig, launch: Launch, moment: int, play: Callable[[Rig, Launch], Any]) -> bool:
    """Plays a launch, killed at that moment, to its end; False when it had ended before."""
    countdown, whole = Countdown(moment), rig.tools
    parts = {name: Mortal(getattr(whole, name), steps, countdown) for name, steps in STEPS.items()}
    rig.tools = replace(whole, **parts)
    try:
        await play(rig, launch)
    except Killed:
        pass
    else:
        return False
    finally:
        rig.tools = replace(whole, poller=type(whole.poller)(
            rig.settings, rig.clock, whole.jobs, whole.runners, whole.tracker
        ))  # fmt: skip
    await play(rig, launch)
    return True


async def goes_well(rig: Rig, launch: Launch) -> None:
    await rig.to_end(launch)


async def is_cancelled(rig: Rig, launch: Launch) -> None:
    for _ in range(60):
        now = await rig.turn(launch)
        if now.stage is Stage.DONE:
            return
        if now.job is not None and now.cancel_asked is None:
            await rig.cancel(launch)
        rig.act(end_jobs=False)
        for job in rig.world.jobs.values():
            if job.state == "CANCELLING":
                job.state, job.ended = "CANCELLED", rig.world.now()


async def loses_its_runners(rig: Rig, launch: Launch) -> None:
    for _ in range(80):
        if (await rig.turn(launch)).stage is Stage.DONE:
            return
        for execution in rig.started(launch):
            if execution.state == "pending":
                rig.end_runner(execution)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("play", "verdict", "runners"),
    [
        (goes_well, Verdict.SUCCEEDED, 1),
        (is_cancelled, Verdict.CANCELLED, 1),
        (loses_its_runners, Verdict.FAILED, 2),
    ],
)
async def test_a_kill_at_any_moment_changes_nothing(
    rig: Rig, play: Callable[[Rig, Launch], Any], verdict: Verdict, runners: int
) -> None:
    """Killed before or after any save and any effect: one item, the runners it needs, one card, one reply."""
    rig.tools = replace(rig.tools, reader=LogDiagnoser(NoLogs(), (), before=1, after=1))
    for moment in count(step=STRIDE):
        launch = await rig.launch()
        was_killed = await killed_at(rig, launch, moment, play)
        now = await rig.read(launch)
        cards = [card for card in rig.cards() if launch.launch_id in str(card.body.get("metadata"))]
        seen = (now.stage, now.verdict, len(rig.items(launch)), len(rig.started(launch)), len(cards))
        assert (Stage.DONE, verdict, 1, runners, 1) == seen, f"killed at moment {moment}"
        assert len(rig.replies(launch)) == 1, f"killed at moment {moment}"
        assert verdict is not Verdict.FAILED or rig.item(launch).removed
        for execution in rig.world.executions.values():
            execution.state = "succeeded"  # the next launch starts its own
        if not was_killed:
            assert moment > 20
            return
