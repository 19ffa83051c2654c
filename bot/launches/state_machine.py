"""`advance`: does the next step of a launch, once, and writes down what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import MappingProxyType

from bot.launches.context import Dependencies, StepContext
from bot.launches.steps.announce import announce
from bot.launches.steps.cancel import cancel
from bot.launches.steps.diagnose import diagnose
from bot.launches.steps.enqueue import queue
from bot.launches.steps.expire import end_in_time
from bot.launches.steps.follow_job import follow, lose_sight, past_limit
from bot.launches.steps.report import report
from bot.launches.steps.start_runner import runner
from bot.launches.steps.wait_for_job import wait
from bot.models.errors import ServiceError
from bot.models.launch import Launch, Stage

Step = Callable[[StepContext], Awaitable[None]]

STEPS: MappingProxyType[Stage, Step] = MappingProxyType(
    {
        Stage.ANNOUNCE: announce,
        Stage.QUEUE: queue,
        Stage.RUNNER: runner,
        Stage.WAIT: wait,
        Stage.FOLLOW: follow,
        Stage.DIAGNOSE: diagnose,
        Stage.REPORT: report,
    },
)

# Stages in which a launch may still cost money, and so may be cancelled.
CANCELLABLE = frozenset({Stage.ANNOUNCE, Stage.QUEUE, Stage.RUNNER, Stage.WAIT, Stage.FOLLOW})


def _step(context: StepContext) -> Step:
    stage = context.launch.stage
    if stage in CANCELLABLE and past_limit(context):
        return lose_sight
    return cancel if context.launch.cancel_asked and stage in CANCELLABLE else STEPS[stage]


async def advance(launch: Launch, dependencies: Dependencies) -> Launch:
    """Do one step of `launch` and returns it as it now stands in the store; `due` says when the next is.

    Safe to call again after a crash at any point: a step looks for what an earlier try may have done
    before it does it. An outside system that fails is written down as trouble and tried again later.
    Raise SaveConflict when another worker has saved the launch meanwhile, StoreError when the store fails.
    """
    if launch.stage is Stage.DONE:
        return launch
    context = StepContext(launch, dependencies)
    try:
        if not await end_in_time(context):
            await _step(context)(context)
    except ServiceError as error:
        await context.record_failure(error.problem)
    if context.launch.card is not None and context.launch.stage is not Stage.DONE:
        await dependencies.notifier.edit(context.launch)
    return context.launch
