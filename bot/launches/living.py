"""Which living runner may take this launch: gathers what Cloud Run and the store know, and chooses."""

from __future__ import annotations

from datetime import timedelta

from bot.launches.context import Turn
from bot.launches.runner_selection import MARGIN, choose_runner, listens
from bot.models.cloud import CustomJob, Execution
from bot.models.errors import ProblemKind, ServiceError
from bot.models.launch import Launch

# Cloud Run's listing may lag behind a start by so much.
LAG = timedelta(seconds=60)


async def living_runner(turn: Turn, listed: tuple[Execution, ...]) -> Execution | None:
    """The runner to reuse, of those listed and those that other launches have just started, or None."""
    others = await turn.tools.launches.unfinished()
    executions = (*listed, *await _unlisted(turn, listed, others))
    return choose_runner(
        turn.tools.settings,
        turn.launch,
        executions,
        jobs=await _jobs(turn, executions),
        others=others,
        now=turn.now(),
    )


async def _unlisted(
    turn: Turn, listed: tuple[Execution, ...], others: tuple[Launch, ...]
) -> tuple[Execution, ...]:
    known = {execution.resource for execution in listed}
    fresh = {
        use.resource
        for other in others
        if (use := other.runner) is not None and use.since is not None and turn.now() < use.since + LAG
    }
    found = [await _execution(turn, resource) for resource in sorted(fresh - known - {""})]
    return tuple(execution for execution in found if execution is not None)


async def _execution(turn: Turn, resource: str) -> Execution | None:
    try:
        return await turn.tools.runners.get_execution(resource)
    except ServiceError as error:
        if error.problem.kind is ProblemKind.NOT_FOUND:
            return None
        raise


async def _jobs(turn: Turn, executions: tuple[Execution, ...]) -> tuple[CustomJob, ...]:
    """The jobs that candidates with a limit may be busy with; nothing is asked where there is no limit."""
    begun = [
        execution.created or turn.launch.created
        for execution in executions
        if execution.max_jobs >= 0 and listens(turn.tools.settings, turn.launch, execution)
    ]
    if not begun:
        return ()
    return await turn.tools.poller.jobs_since(turn.launch.region, min(begun) - MARGIN)
