"""`advance`: does the next step of a launch, once, and writes down what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import MappingProxyType

from bot.launches.context import Tools, Turn
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

Step = Callable[[Turn], Awaitable[None]]

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


def _step(turn: Turn) -> Step:
    stage = turn.launch.stage
    if stage in CANCELLABLE and past_limit(turn):
        return lose_sight
    return cancel if turn.launch.cancel_asked and stage in CANCELLABLE else STEPS[stage]


async def advance(launch: Launch, tools: Tools) -> Launch:
    """Does one step of `launch` and returns it as it now stands in the store; `due` says when the next is.

    Safe to call again after a crash at any point: a step looks for what an earlier try may have done
    before it does it. An outside system that fails is written down as trouble and tried again later.
    Raises SaveConflict when another worker has saved the launch meanwhile, StoreError when the store fails.
    """
    if launch.stage is Stage.DONE:
        return launch
    turn = Turn(launch, tools)
    try:
        if not await end_in_time(turn):
            await _step(turn)(turn)
    except ServiceError as error:
        await turn.trouble(error.problem)
    if turn.launch.card is not None and turn.launch.stage is not Stage.DONE:
        await tools.announcer.edit(turn.launch)
    return turn.launch
