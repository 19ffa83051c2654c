"""Step 3: a runner, reused when one fits, else started, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.launches.context import Turn, trouble_sentence
from bot.launches.runner_selection import living_runner, started_for
from bot.launches.steps.dequeue import find_item_now, pause, withdraw
from bot.launches.steps.dequeue_expired import clear_expired
from bot.launches.steps.observe import sighted
from bot.models.cloud import Execution, QueueItemState
from bot.models.errors import Problem, ServiceError
from bot.models.launch import FailureKind, Launch, RunnerUse, Stage

LOOKS_BEFORE_ABSENT = 2


async def runner(turn: Turn) -> None:
    """Makes sure that a runner is alive for this launch, or fails it once its item is out of the queue."""
    use = turn.launch.runner
    if turn.launch.withdrawn is not None:
        await _give_up(turn)
    elif turn.launch.deadline is not None and turn.now() >= turn.launch.deadline:
        await _to_wait(turn)  # which ends the wait, honestly
    elif use is not None and use.intended is not None and not use.resource:
        await _look_for_ours(turn, use.intended)
    else:
        await _find_or_start(turn)


async def _find_or_start(turn: Turn) -> None:
    living = await living_runner(turn, await turn.tools.poller.executions())
    if living is not None:
        await _adopt(turn, living, reused=True)
    elif not await _may_start(turn):
        await turn.wait(turn.tools.settings.timing.poll / 5)
    elif await _taken(turn):
        await _to_wait(turn)
    else:
        # Whoever held the right before us may have started one since our first look.
        living = await living_runner(turn, await _executions(turn))
        if living is None:
            await clear_expired(turn)
            await _start(turn)
        else:
            await _adopt(turn, living, reused=True)


async def _executions(turn: Turn) -> tuple[Execution, ...]:
    settings = turn.tools.settings
    return await turn.tools.runners.list_executions(settings.runner.region, deadline=settings.timing.call)


async def _taken(turn: Turn) -> bool:
    """Whether some agent has the item already; asked when it has been queued for more than a moment."""
    moment = timedelta(seconds=turn.tools.settings.timing.poll)
    if turn.launch.queued is None or turn.now() < turn.launch.queued + moment:
        return False
    item = await find_item_now(turn)
    return item is None or item.state is not QueueItemState.PENDING


async def _to_wait(turn: Turn) -> None:
    await release(turn)
    await turn.go_on(Stage.WAIT, runners=settled(turn.launch), misses=0)


async def _adopt(turn: Turn, execution: Execution, *, reused: bool) -> None:
    use = turn.launch.runner
    unsettled = use is not None and not use.resource
    adopted = RunnerUse(
        intended=turn.now() if reused or use is None else use.intended,
        reused=reused,
        resource=execution.resource,
        name=execution.name,
        region=execution.region,
        since=turn.now(),
        status=execution.status,
        url=execution.url,
        why=use.why if use is not None and unsettled else "",
    )
    await turn.go_on(Stage.WAIT, runners=(*settled(turn.launch), adopted), misses=0)
    await release(turn)


def settled(launch: Launch) -> tuple[RunnerUse, ...]:
    """The runners that are known, without one that was only intended."""
    return tuple(use for use in launch.runners if use.resource)


async def _may_start(turn: Turn) -> bool:
    """Whether this launch, of all that need a runner for this queue now, is the one that starts it."""
    settings = turn.tools.settings
    holder = await turn.tools.launches.claim_start(
        job=settings.runner.job,
        region=settings.runner.region,
        queue=turn.launch.queue,
        launch_id=turn.launch.launch_id,
        now=turn.now(),
        # Longer than one start and its reconciliation take.
        ttl=4 * settings.timing.call + LOOKS_BEFORE_ABSENT * settings.timing.absent,
    )
    return holder == turn.launch.launch_id


async def release(turn: Turn) -> None:
    """Gives the right to start a runner back, if this launch holds it."""
    settings = turn.tools.settings
    await turn.tools.launches.release_start(
        job=settings.runner.job,
        region=settings.runner.region,
        queue=turn.launch.queue,
        launch_id=turn.launch.launch_id,
    )


async def _start(turn: Turn) -> None:
    use = turn.launch.runner
    wanted = use if use is not None and not use.resource else RunnerUse()
    intended = replace(wanted, intended=turn.now())
    await turn.audit("start runner", "started", detail=wanted.why)
    await turn.save(runners=(*settled(turn.launch), intended), misses=0)
    try:
        execution = await turn.tools.runners.start(
            region=turn.tools.settings.runner.region, launch_id=turn.launch.launch_id
        )
    except ServiceError as error:
        await _after_failure(turn, intended, error.problem)
    else:
        await _adopt(turn, execution, reused=False)


async def _after_failure(turn: Turn, use: RunnerUse, problem: Problem) -> None:
    if not problem.effectless:
        absent = turn.tools.settings.timing.absent
        await turn.wait(absent, trouble=trouble_sentence(problem), attempts=turn.launch.attempts + 1)
        return
    await release(turn)
    if problem.passing:
        await turn.trouble(problem, runners=(*settled(turn.launch), replace(use, intended=None)))
        return
    await turn.save(runners=settled(turn.launch), trouble=trouble_sentence(problem))
    await _give_up(turn)


async def _give_up(turn: Turn) -> None:
    """No runner can be started: once its item is out of the queue, the launch is called failed."""
    job = await turn.tools.poller.look(turn.launch)
    if job is not None:
        await sighted(turn, job)
    elif await withdraw(turn):
        said = turn.launch.trouble.rstrip(".")
        diagnosis = await turn.tools.reader.of_words(said)
        await turn.fail(
            FailureKind.NO_RUNNER,
            f"No runner could be started: {said}.",
            read_log=False,
            diagnosis=diagnosis if diagnosis.has_error else None,
        )
    elif turn.launch.withdrawn is not None:
        await turn.wait(pause(turn))
    else:
        await _to_wait(turn)  # an agent has it after all


async def _look_for_ours(turn: Turn, intended: datetime) -> None:
    execution = started_for(turn.launch, await _executions(turn), intended)
    if execution is not None:
        await _adopt(turn, execution, reused=False)
    elif turn.launch.misses + 1 < LOOKS_BEFORE_ABSENT:
        await turn.wait(turn.tools.settings.timing.absent, misses=turn.launch.misses + 1)
    else:
        use = turn.launch.runner or RunnerUse()
        await turn.wait(0, runners=(*settled(turn.launch), replace(use, intended=None)), misses=0)
