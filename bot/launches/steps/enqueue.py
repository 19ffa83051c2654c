"""Step 2: create the queue item exactly once, with the launch id as run id in its spec."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.launches.context import StepContext, trouble_sentence
from bot.launches.queue_item import queue_item
from bot.launches.requests import cost_of
from bot.launches.steps.dequeue import find_item_uncached
from bot.models.errors import Problem, ServiceError
from bot.models.launch import FailureKind, Stage

# An item that this many checks in a row do not find was never queued.
CHECKS_BEFORE_ABSENT = 2


async def enqueue(context: StepContext) -> None:
    """Queue the launch; after an unclear result look for the item before sending it again."""
    if context.launch.item_intended is None:
        await _send(context)
    else:
        await _check_enqueued(context)


async def _send(context: StepContext) -> None:
    preset = context.dependencies.settings.find_preset(context.launch.preset)
    if preset is None:
        sentence = f"The preset {context.launch.preset} is gone from the settings. Nothing was queued."
        await context.fail(FailureKind.NOT_QUEUED, sentence, read_log=False)
        return
    if context.launch.cost is not None and cost_of(preset).above(context.launch.cost):
        # The settings changed in between: nobody has agreed to the new price.
        await context.audit("launch", "not started", detail="the preset costs more than was said")
        sentence = (
            f"The preset {preset.name} costs more than when you asked, so nothing was queued. Type it again."
        )
        await context.fail(FailureKind.NOT_STARTED, sentence, read_log=False)
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


async def _check_enqueued(context: StepContext) -> None:
    item = await find_item_uncached(context)
    if item is not None:
        await _queued(context, item.item_id)
    elif await _has_left_queue(context):
        return
    elif context.launch.misses + 1 < CHECKS_BEFORE_ABSENT:
        await context.reschedule(
            context.dependencies.settings.timing.not_found_grace, misses=context.launch.misses + 1
        )
    else:
        await context.reschedule(0, item_intended=None, misses=0)


async def _has_left_queue(context: StepContext) -> bool:
    """Return True if the item has already become a custom job or a run; the launch then waits for the job."""
    job = await context.dependencies.poller.find_job(context.launch)
    if job is None and await context.dependencies.tracker.find_run(context.launch.launch_id) is None:
        return False
    # An agent has already taken the item: no runner needs to be started.
    await _queued(context, "", then=Stage.WAIT)
    return True


async def _queued(context: StepContext, item_id: str, *, then: Stage = Stage.RUNNER) -> None:
    now = context.now()
    await context.transition_to(
        then,
        item_id=item_id,
        queued=now,
        misses=0,
        # Counted from the intent: a restart in between does not extend the wait.
        deadline=deadline_from(context.launch.item_intended or now, context.launch.limit_seconds),
    )


def deadline_from(now: datetime, limit_seconds: float) -> datetime:
    """Return when the wait for the job ends."""
    return now + timedelta(seconds=limit_seconds)


async def _not_queued(context: StepContext, why: str) -> None:
    await context.fail(FailureKind.NOT_QUEUED, f"{why.rstrip('.')}. Nothing was queued.", read_log=False)
