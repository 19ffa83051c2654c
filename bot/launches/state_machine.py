"""The state machine of a launch: `advance` runs its next step once and saves the result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import MappingProxyType

from bot.launches.context import Dependencies, StepContext
from bot.launches.deadlines import TRIES
from bot.launches.steps.announce import announce
from bot.launches.steps.cancel import cancel
from bot.launches.steps.diagnose import diagnose
from bot.launches.steps.enqueue import enqueue
from bot.launches.steps.expire import expire
from bot.launches.steps.follow_job import follow_job, past_follow_limit
from bot.launches.steps.let_go import let_go
from bot.launches.steps.report import report
from bot.launches.steps.start_runner import start_runner
from bot.launches.steps.wait_for_job import wait_for_job
from bot.models.errors import ServiceError
from bot.models.launch import Launch, Stage

Step = Callable[[StepContext], Awaitable[None]]

STEPS: MappingProxyType[Stage, Step] = MappingProxyType(
    {
        Stage.ANNOUNCE: announce,
        Stage.QUEUE: enqueue,
        Stage.RUNNER: start_runner,
        Stage.WAIT: wait_for_job,
        Stage.FOLLOW: follow_job,
        Stage.DIAGNOSE: diagnose,
        Stage.REPORT: report,
    },
)

# Stages in which a launch may still incur cost, and so can be cancelled.
CANCELLABLE = frozenset({Stage.ANNOUNCE, Stage.QUEUE, Stage.RUNNER, Stage.WAIT, Stage.FOLLOW})
# Stages that the limit of days ends; before them the queue step finds out whether anything was sent.
FOLLOWED = frozenset({Stage.RUNNER, Stage.WAIT, Stage.FOLLOW})


def _step(context: StepContext) -> Step:
    stage = context.launch.stage
    late = stage in FOLLOWED and past_follow_limit(context)
    hopeless = late and context.launch.attempts >= TRIES
    if context.launch.cancel_asked and stage in CANCELLABLE and not hopeless:
        return cancel
    return let_go if late else STEPS[stage]


async def advance(launch: Launch, dependencies: Dependencies) -> Launch:
    """Run one step of `launch` and return the stored result; its `due` is the time of the next step.

    Safe to call again after a crash at any point: before an effect, a step checks whether an earlier
    attempt caused it. A failed call of an external system is recorded as trouble and retried later.
    Raise SaveConflict when another worker has saved the launch meanwhile, StoreError when the store fails.
    """
    if launch.stage is Stage.DONE:
        return launch
    context = StepContext(launch, dependencies)
    try:
        if not await expire(context):
            await _step(context)(context)
    except ServiceError as error:
        await context.record_failure(error.problem)
    if context.launch.card is not None and context.launch.stage is not Stage.DONE:
        await dependencies.notifier.edit(context.launch)
    return context.launch
