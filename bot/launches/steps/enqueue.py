"""Step 2: the queue item, put in once, with our run id in its spec."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.launches.context import StepContext, trouble_sentence
from bot.launches.queue_item import queue_item
from bot.launches.steps.dequeue import find_item_now
from bot.models.errors import Problem, ServiceError
from bot.models.launch import FailureKind, Stage

# An item that two looks in a row do not find was never queued.
LOOKS_BEFORE_ABSENT = 2


async def queue(context: StepContext) -> None:
    """Queues the launch; after an unclear answer looks for the item before anything is sent again."""
    if context.launch.item_intended is None:
        await _send(context)
    else:
        await _look(context)


async def _send(context: StepContext) -> None:
    preset = context.dependencies.settings.find_preset(context.launch.preset)
    if preset is None:
        sentence = f"The preset {context.launch.preset} is gone from the settings. Nothing was queued."
        await context.fail(FailureKind.NOT_QUEUED, sentence, read_log=False)
        return
    await context.audit(
        "launch", "queued", detail=f"{context.launch.preset} in {context.launch.channel_id or 'a terminal'}"
    )
    await context.save(item_intended=context.now(), misses=0)
    try:
        item_id = await context.dependencies.tracker.enqueue(queue_item(context.launch, preset))
    except ServiceError as error:
        await _after_failure(context, error.problem)
        return
    await _queued(context, item_id)


async def _after_failure(context: StepContext, problem: Problem) -> None:
    if problem.effectless and problem.passing:
        await context.record_failure(problem, item_intended=None)  # until it is too late to start
    elif problem.effectless:
        await _not_queued(context, trouble_sentence(problem))
    else:
        pause = context.dependencies.settings.timing.not_found_grace
        await context.reschedule(
            pause, trouble=trouble_sentence(problem), attempts=context.launch.attempts + 1
        )


async def _look(context: StepContext) -> None:
    item = await find_item_now(context)
    if item is not None:
        await _queued(context, item.item_id)
    elif await _found_elsewhere(context):
        return
    elif context.launch.misses + 1 < LOOKS_BEFORE_ABSENT:
        await context.reschedule(
            context.dependencies.settings.timing.not_found_grace, misses=context.launch.misses + 1
        )
    else:
        await context.reschedule(0, item_intended=None, misses=0)


async def _found_elsewhere(context: StepContext) -> bool:
    """Whether the item has left the queue already, as a custom job with our label or a run; then goes on."""
    job = await context.dependencies.poller.look(context.launch)
    if job is None and await context.dependencies.tracker.find_run(context.launch.launch_id) is None:
        return False
    # Some agent has had it: no runner of ours is needed.
    await _queued(context, "", then=Stage.WAIT)
    return True


async def _queued(context: StepContext, item_id: str, *, then: Stage = Stage.RUNNER) -> None:
    now = context.now()
    await context.transition_to(
        then,
        item_id=item_id,
        queued=now,
        misses=0,
        # From the intent on: a restart in between grants no extra time.
        deadline=deadline_from(context.launch.item_intended or now, context.launch.limit_seconds),
    )


def deadline_from(now: datetime, limit_seconds: float) -> datetime:
    """When the wait for the job ends."""
    return now + timedelta(seconds=limit_seconds)


async def _not_queued(context: StepContext, why: str) -> None:
    await context.fail(FailureKind.NOT_QUEUED, f"{why.rstrip('.')}. Nothing was queued.", read_log=False)
