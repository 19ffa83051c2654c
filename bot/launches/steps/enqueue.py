"""Step 2: the queue item, put in once, with our run id in its spec."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.launches.context import Turn, trouble_sentence
from bot.launches.queue_item import queue_item
from bot.launches.steps.dequeue import find_item_now
from bot.models.errors import Problem, ServiceError
from bot.models.launch import FailureKind, Stage

# An item that two looks in a row do not find was never queued.
LOOKS_BEFORE_ABSENT = 2


async def queue(turn: Turn) -> None:
    """Queues the launch; after an unclear answer looks for the item before anything is sent again."""
    if turn.launch.item_intended is None:
        await _send(turn)
    else:
        await _look(turn)


async def _send(turn: Turn) -> None:
    preset = turn.tools.settings.find_preset(turn.launch.preset)
    if preset is None:
        sentence = f"The preset {turn.launch.preset} is gone from the settings. Nothing was queued."
        await turn.fail(FailureKind.NOT_QUEUED, sentence, read_log=False)
        return
    await turn.audit(
        "launch", "queued", detail=f"{turn.launch.preset} in {turn.launch.channel_id or 'a terminal'}"
    )
    await turn.save(item_intended=turn.now(), misses=0)
    try:
        item_id = await turn.tools.tracker.enqueue(queue_item(turn.launch, preset))
    except ServiceError as error:
        await _after_failure(turn, error.problem)
        return
    await _queued(turn, item_id)


async def _after_failure(turn: Turn, problem: Problem) -> None:
    if problem.effectless and problem.passing:
        await turn.trouble(problem, item_intended=None)  # until it is too late to start
    elif problem.effectless:
        await _not_queued(turn, trouble_sentence(problem))
    else:
        pause = turn.tools.settings.timing.absent
        await turn.wait(pause, trouble=trouble_sentence(problem), attempts=turn.launch.attempts + 1)


async def _look(turn: Turn) -> None:
    item = await find_item_now(turn)
    if item is not None:
        await _queued(turn, item.item_id)
    elif await _found_elsewhere(turn):
        return
    elif turn.launch.misses + 1 < LOOKS_BEFORE_ABSENT:
        await turn.wait(turn.tools.settings.timing.absent, misses=turn.launch.misses + 1)
    else:
        await turn.wait(0, item_intended=None, misses=0)


async def _found_elsewhere(turn: Turn) -> bool:
    """Whether the item has left the queue already, as a custom job with our label or a run; then goes on."""
    job = await turn.tools.poller.look(turn.launch)
    if job is None and await turn.tools.tracker.find_run(turn.launch.launch_id) is None:
        return False
    # Some agent has had it: no runner of ours is needed.
    await _queued(turn, "", then=Stage.WAIT)
    return True


async def _queued(turn: Turn, item_id: str, *, then: Stage = Stage.RUNNER) -> None:
    now = turn.now()
    await turn.go_on(
        then,
        item_id=item_id,
        queued=now,
        misses=0,
        # From the intent on: a restart in between grants no extra time.
        deadline=deadline_from(turn.launch.item_intended or now, turn.launch.limit_seconds),
    )


def deadline_from(now: datetime, limit_seconds: float) -> datetime:
    """When the wait for the job ends."""
    return now + timedelta(seconds=limit_seconds)


async def _not_queued(turn: Turn, why: str) -> None:
    await turn.fail(FailureKind.NOT_QUEUED, f"{why.rstrip('.')}. Nothing was queued.", read_log=False)
