"""Step 4: the wait for this launch's custom job. A job found wins over whatever runner or item say."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from bot.launches.context import Turn
from bot.launches.steps.dequeue import pause, withdraw
from bot.launches.steps.lost_items import ended_without_job
from bot.launches.steps.observe import Sighting, look, sighted
from bot.models.cloud import CustomJob, QueueItemState
from bot.models.errors import Problem, ServiceError
from bot.models.launch import FailureKind, RunnerUse, Stage, Verdict

# Runners that may be started for one launch: the first, and one other when that one ended or did not serve.
STARTS = 2


async def wait(turn: Turn) -> None:
    """Looks once at jobs, queue item and runner, all at the same time, and decides."""
    sighting = await look(turn)
    seen = sighting.noted(turn)
    if isinstance(sighting.job, CustomJob):
        await sighted(turn, sighting.job)
    elif turn.launch.withdrawn is not None and sighting.job is None:
        await _withdrawing(turn, **seen)
    elif turn.launch.deadline is not None and turn.now() >= turn.launch.deadline:
        await time_out(turn, sighting)
    elif isinstance(sighting.job, Problem):
        # A job may be there: nothing can be concluded from item and runner alone.
        await _again(turn, sighting, **seen)
    elif not await ended_without_job(turn, sighting, **seen):
        await _go_on_waiting(turn, sighting, **seen)


async def _go_on_waiting(turn: Turn, sighting: Sighting, **seen: Any) -> None:
    pending = sighting.known_item is not None and sighting.known_item.state is QueueItemState.PENDING
    if pending and sighting.runner_over:
        await _runner_over(turn, **seen)
    elif pending and turn.launch.runner is None:
        await _another_runner(turn, "no runner took the item", **seen)
    elif pending and _unserved(turn):
        await _another_runner(turn, "the reused runner did not take the item", **seen)
    else:
        await _again(turn, sighting, **{**seen, "misses": 0})


async def _again(turn: Turn, sighting: Sighting, **seen: Any) -> None:
    deadline = turn.launch.deadline
    changes = {**seen, **sighting.trouble(turn)}
    if deadline is not None and deadline - turn.now() <= timedelta(seconds=turn.tools.settings.timing.poll):
        await turn.wait(max(0.0, (deadline - turn.now()).total_seconds()), **changes)
    else:
        await turn.tick(MOMENT, **changes)


MOMENT = 0.001  # seconds after a tick, so that its own turn does not ask for the same tick again


async def _runner_over(turn: Turn, **seen: Any) -> None:
    if sum(not use.reused for use in turn.launch.runners) < STARTS:
        await _another_runner(turn, "the runner ended before it took the item", **seen)
    else:
        await turn.save(**seen)
        await _withdrawing(turn)


async def _withdrawing(turn: Turn, **seen: Any) -> None:
    """Every runner ended: the item is taken out of the queue, and only then the launch called failed."""
    if await withdraw(turn):
        sentence = "Every runner ended before it took the item. The item was taken out of the queue."
        await turn.fail(FailureKind.RUNNERS_DIED, sentence, read_log=True)
    else:
        await turn.wait(pause(turn), **seen)


def _unserved(turn: Turn) -> bool:
    """Whether a reused runner has left the item pending for too long (an agent may be alive and full)."""
    use = turn.launch.runner
    if use is None or not use.reused or use.since is None:
        return False
    return turn.now() >= use.since + timedelta(seconds=turn.tools.settings.timing.repending)


async def _another_runner(turn: Turn, why: str, **seen: Any) -> None:
    runners = seen.pop("runners", turn.launch.runners)
    await turn.go_on(Stage.RUNNER, **{**seen, "runners": (*runners, RunnerUse(why=why)), "misses": 0})


async def time_out(turn: Turn, sighting: Sighting) -> None:
    """Says that the wait is over, unless the job is found in another region; the launch is followed on."""
    job = await look_everywhere(turn)
    if job is not None:
        await turn.save(region=job.region)
        await sighted(turn, job)
        return
    after = turn.tools.settings.timing.follow_first
    seen = {**sighting.noted(turn), **sighting.trouble(turn)}
    await turn.go_on(Stage.FOLLOW, after=after, **{**seen, "verdict": Verdict.TIMED_OUT, "misses": 0})


async def look_everywhere(turn: Turn) -> CustomJob | None:
    """Return this launch's job in any other region of the settings; one that cannot be asked is left out."""
    answers = await asyncio.gather(
        *(_in_region(turn, region) for region in turn.tools.settings.regions if region != turn.launch.region)
    )
    return next((job for job in answers if job is not None), None)


async def _in_region(turn: Turn, region: str) -> CustomJob | None:
    try:
        return await turn.tools.poller.look(turn.launch, region)
    except ServiceError:
        # A region that cannot be asked holds up nothing: the follow-through looks on.
        return None
