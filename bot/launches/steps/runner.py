"""Step 3: a runner, reused when one fits, else started, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.errors import Problem, ServiceError
from bot.launches.runner_choice import choose_runner, started_for
from bot.launches.steps.withdraw import withdraw
from bot.launches.turn import Turn, trouble_sentence
from bot.models.cloud import Execution
from bot.models.launch import FailureKind, Launch, RunnerUse, Stage

LOOKS_BEFORE_ABSENT = 2
# How long a start may take before another launch may try: longer than one call and its reconciliation.
CLAIM_SECONDS = 60.0


async def runner(turn: Turn) -> None:
    """Makes sure that a runner is alive for this launch, or fails it once its item is out of the queue."""
    if turn.launch.deadline is not None and turn.now() >= turn.launch.deadline:
        await turn.go_on(Stage.WAIT)  # which ends the wait, honestly
        return
    use = turn.launch.runner
    if use is not None and use.intended is not None and not use.resource:
        await _look_for_ours(turn, use.intended)
        return
    living = await _living(turn)
    if living is not None:
        await _adopt(turn, living, reused=True)
    elif await _may_start(turn):
        await _start(turn)
    else:
        await turn.wait(turn.tools.settings.timing.poll / 5)


async def _living(turn: Turn) -> Execution | None:
    tools = turn.tools
    settings = tools.settings
    executions = await _executions(turn)
    others = await tools.launches.unfinished()
    known = {execution.resource for execution in executions}
    # The listing may lag behind a runner that another launch has just started.
    for resource in {other.runner.resource for other in others if other.runner} - known - {""}:
        executions = (*executions, await tools.runners.get_execution(resource))
    jobs = await tools.poller.jobs(turn.launch)
    return choose_runner(settings, turn.launch, executions, jobs=jobs, others=others, now=turn.now())


async def _executions(turn: Turn) -> tuple[Execution, ...]:
    settings = turn.tools.settings
    return await turn.tools.runners.list_executions(settings.runner.region, deadline=settings.timing.call)


async def _adopt(turn: Turn, execution: Execution, *, reused: bool) -> None:
    use = turn.launch.runner
    why = use.why if use is not None and not use.resource else ""
    adopted = RunnerUse(
        intended=turn.now() if reused or use is None else use.intended,
        reused=reused,
        resource=execution.resource,
        name=execution.name,
        region=execution.region,
        since=turn.now(),
        status=execution.status,
        url=execution.url,
        why=why,
    )
    await turn.go_on(Stage.WAIT, runners=(*_settled(turn.launch), adopted), misses=0)


def _settled(launch: Launch) -> tuple[RunnerUse, ...]:
    return tuple(use for use in launch.runners if use.resource)


async def _may_start(turn: Turn) -> bool:
    settings = turn.tools.settings
    holder = await turn.tools.launches.claim_start(
        job=settings.runner.job,
        region=settings.runner.region,
        queue=turn.launch.queue,
        launch_id=turn.launch.launch_id,
        now=turn.now(),
        ttl=CLAIM_SECONDS,
    )
    return holder == turn.launch.launch_id


async def _start(turn: Turn) -> None:
    use = turn.launch.runner
    wanted = use if use is not None and not use.resource else RunnerUse()
    intended = replace(wanted, intended=turn.now())
    await turn.save(runners=(*_settled(turn.launch), intended), misses=0)
    try:
        execution = await turn.tools.runners.start(
            region=turn.tools.settings.runner.region, launch_id=turn.launch.launch_id
        )
    except ServiceError as error:
        await _after_failure(turn, intended, error.problem)
        return
    await _adopt(turn, execution, reused=False)
    await _release(turn)


async def _after_failure(turn: Turn, use: RunnerUse, problem: Problem) -> None:
    if not problem.effectless:
        pause = turn.tools.settings.timing.absent
        await turn.wait(pause, trouble=trouble_sentence(problem), attempts=turn.launch.attempts + 1)
        return
    await _release(turn)
    if problem.passing:
        await turn.trouble(problem, runners=(*_settled(turn.launch), replace(use, intended=None)))
    elif await withdraw(turn):
        sentence = f"No runner could be started: {trouble_sentence(problem).rstrip('.')}."
        runners = _settled(turn.launch)
        await turn.fail(FailureKind.NO_RUNNER, sentence, read_log=False, runners=runners)
    else:
        await turn.go_on(Stage.WAIT, runners=_settled(turn.launch))


async def _look_for_ours(turn: Turn, intended: datetime) -> None:
    execution = started_for(turn.launch, await _executions(turn), intended)
    if execution is not None:
        await _adopt(turn, execution, reused=False)
        await _release(turn)
    elif turn.launch.misses + 1 < LOOKS_BEFORE_ABSENT:
        await turn.wait(turn.tools.settings.timing.absent, misses=turn.launch.misses + 1)
    else:
        use = turn.launch.runner or RunnerUse()
        await turn.wait(0, runners=(*_settled(turn.launch), replace(use, intended=None)), misses=0)


async def _release(turn: Turn) -> None:
    settings = turn.tools.settings
    await turn.tools.launches.release_start(
        job=settings.runner.job,
        region=settings.runner.region,
        queue=turn.launch.queue,
        launch_id=turn.launch.launch_id,
    )
