"""Step 4: the wait for this launch's custom job. A job found wins over whatever runner or item say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from bot.errors import Problem, ServiceError
from bot.launches.runner_choice import over
from bot.launches.steps.sighted import sighted
from bot.launches.steps.timeout import time_out
from bot.launches.steps.withdraw import find_item, withdraw
from bot.launches.turn import Turn, trouble_sentence
from bot.models.cloud import CustomJob, Execution, QueueItem, QueueItemState
from bot.models.launch import FailureKind, RunnerUse, Stage

T = TypeVar("T")

# Listings without our job before a failed item or an ended runner is believed.
LOOKS = 2
# Runners that may be started for one launch: the first, and one other when that one ended or did not serve.
STARTS = 2


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one tick saw; None where there was nothing, or nothing could be asked (then `problem` is set)."""

    job: CustomJob | None
    item: QueueItem | None
    execution: Execution | None
    jobs_problem: Problem | None
    item_problem: Problem | None
    problem: Problem | None


async def wait(turn: Turn) -> None:
    """Looks once at jobs, queue item and runner, all at the same time, and decides."""
    sighting = await _look(turn)
    if sighting.job is not None:
        await sighted(turn, sighting.job)
    elif turn.launch.deadline is not None and turn.now() >= turn.launch.deadline:
        await time_out(turn)
    else:
        await _without_job(turn, sighting)


async def _look(turn: Turn) -> Sighting:
    poller = turn.tools.poller
    use = turn.launch.runner
    job, item, execution = await asyncio.gather(
        _ask(poller.look(turn.launch)),
        _ask(find_item(turn)),
        _ask(poller.execution(use.resource) if use is not None else _nothing()),
    )
    problems = [answer for answer in (job, item, execution) if isinstance(answer, Problem)]
    return Sighting(
        job=None if isinstance(job, Problem) else job,
        item=None if isinstance(item, Problem) else item,
        execution=None if isinstance(execution, Problem) else execution,
        jobs_problem=job if isinstance(job, Problem) else None,
        item_problem=item if isinstance(item, Problem) else None,
        problem=problems[0] if problems else None,
    )


async def _nothing() -> None:
    return None


async def _ask(call: Awaitable[T]) -> T | Problem:
    try:
        return await call
    except ServiceError as error:
        return error.problem


async def _without_job(turn: Turn, sighting: Sighting) -> None:
    seen = _noted(turn, sighting)
    if sighting.jobs_problem is not None:
        # A job may be there: nothing can be concluded from item and runner alone.
        await _again(turn, sighting, **seen)
    elif sighting.item is not None and sighting.item.state is QueueItemState.FAILED:
        await _item_failed(turn, sighting.item, **seen)
    elif sighting.execution is not None and over(sighting.execution.status) and not sighting.item_problem:
        await _runner_over(turn, sighting, **seen)
    elif _unserved(turn, sighting):
        why = "the reused runner did not take the item"
        await _another_runner(turn, why, **seen)
    else:
        await _again(turn, sighting, **{**seen, "misses": 0})


def _noted(turn: Turn, sighting: Sighting) -> dict[str, Any]:
    """The changes of the launch that this sighting means whatever follows."""
    changes: dict[str, Any] = {}
    if sighting.item is not None:
        changes["item_state"] = sighting.item.state
        changes["item_id"] = sighting.item.item_id
    use = turn.launch.runner
    if sighting.execution is not None and use is not None:
        now_seen = replace(use, status=sighting.execution.status, url=sighting.execution.url or use.url)
        changes["runners"] = (*turn.launch.runners[:-1], now_seen)
    return changes


async def _again(turn: Turn, sighting: Sighting, **seen: Any) -> None:
    trouble = trouble_sentence(sighting.problem) if sighting.problem else ""
    attempts = turn.launch.attempts + 1 if sighting.problem else 0
    await turn.wait(_next_tick(turn), **{**seen, "trouble": trouble, "attempts": attempts})


def _next_tick(turn: Turn) -> float:
    """Seconds to the next tick, or to the deadline; all launches tick together, so they share calls."""
    poll = turn.tools.settings.timing.poll
    now = turn.now()
    pause = poll - now.timestamp() % poll
    if turn.launch.deadline is not None:
        pause = min(pause, max(0.0, (turn.launch.deadline - now).total_seconds()))
    return pause


async def _item_failed(turn: Turn, item: QueueItem, **seen: Any) -> None:
    if turn.launch.misses + 1 < LOOKS:
        await turn.wait(_next_tick(turn), **{**seen, "misses": turn.launch.misses + 1})
        return
    said = f": {item.error}" if item.error else ""
    sentence = f"The agent could not submit the job{said.rstrip('.')}."
    await turn.fail(FailureKind.ITEM_FAILED, sentence, read_log=turn.launch.runner is not None, **seen)


async def _runner_over(turn: Turn, sighting: Sighting, **seen: Any) -> None:
    if sighting.item is None or sighting.item.state is not QueueItemState.PENDING:
        await _lost(turn, **seen)
    elif sum(not use.reused for use in turn.launch.runners) < STARTS:
        await _another_runner(turn, "the runner ended before it took the item", **seen)
    elif await withdraw(turn):
        sentence = "Every runner ended before it took the item. The item was taken out of the queue."
        await turn.fail(FailureKind.RUNNERS_DIED, sentence, read_log=True, **seen)
    else:
        await turn.wait(_next_tick(turn), **seen)


async def _lost(turn: Turn, **seen: Any) -> None:
    """The runner ended with the item in hand: one more look once a late job would show, then lost."""
    grace = turn.tools.settings.timing.log_grace
    if turn.launch.misses == 0:
        await turn.wait(min(grace, _left(turn)), **{**seen, "misses": 1})
        return
    sentence = "The launch was lost: its runner ended after it took the item, and no job came of it."
    await turn.fail(FailureKind.LOST_AFTER_CLAIM, sentence, read_log=True, **seen)


def _left(turn: Turn) -> float:
    """Seconds to the deadline, less a moment so that this wait's own verdict comes first."""
    if turn.launch.deadline is None:
        return float("inf")
    return max(0.0, (turn.launch.deadline - turn.now()).total_seconds() - turn.tools.settings.timing.poll / 5)


def _unserved(turn: Turn, sighting: Sighting) -> bool:
    """Whether a reused runner has left the item pending for too long (an agent may be alive and full)."""
    use = turn.launch.runner
    if use is None:
        return True
    if not use.reused or use.since is None or sighting.item is None:
        return False
    patience = timedelta(seconds=turn.tools.settings.timing.repending)
    return sighting.item.state is QueueItemState.PENDING and turn.now() >= use.since + patience


async def _another_runner(turn: Turn, why: str, **seen: Any) -> None:
    runners = seen.pop("runners", turn.launch.runners)
    await turn.go_on(Stage.RUNNER, **{**seen, "runners": (*runners, RunnerUse(why=why)), "misses": 0})
