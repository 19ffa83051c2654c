"""Step 3: a runner, reused when one fits, else started, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.launches.context import StepContext, trouble_sentence
from bot.launches.runner_selection import living_runner, started_for
from bot.launches.steps.dequeue import dequeue, find_item_now, pause
from bot.launches.steps.dequeue_expired import clear_expired
from bot.launches.steps.observe import apply_job
from bot.models.cloud import Execution, QueueItemState
from bot.models.errors import Problem, ServiceError
from bot.models.launch import FailureKind, Launch, RunnerUse, Stage

LOOKS_BEFORE_ABSENT = 2


async def runner(context: StepContext) -> None:
    """Make sure that a runner is alive for this launch, or fails it once its item is out of the queue."""
    use = context.launch.runner
    if context.launch.withdrawn is not None:
        await _give_up(context)
    elif context.launch.deadline is not None and context.now() >= context.launch.deadline:
        await _to_wait(context)  # which ends the wait, honestly
    elif use is not None and use.intended is not None and not use.resource:
        await _look_for_ours(context, use.intended)
    else:
        await _find_or_start(context)


async def _find_or_start(context: StepContext) -> None:
    living = await living_runner(context, await context.dependencies.poller.executions())
    if living is not None:
        await _adopt(context, living, reused=True)
    elif not await _may_start(context):
        await context.reschedule(context.dependencies.settings.timing.poll / 5)
    elif await _taken(context):
        await _to_wait(context)
    else:
        # Whoever held the right before us may have started one since our first look.
        living = await living_runner(context, await _executions(context))
        if living is None:
            await clear_expired(context)
            await _start(context)
        else:
            await _adopt(context, living, reused=True)


async def _executions(context: StepContext) -> tuple[Execution, ...]:
    settings = context.dependencies.settings
    return await context.dependencies.runners.list_executions(
        settings.runner.region, deadline=settings.timing.call
    )


async def _taken(context: StepContext) -> bool:
    """Whether some agent has the item already; asked when it has been queued for more than a moment."""
    moment = timedelta(seconds=context.dependencies.settings.timing.poll)
    if context.launch.queued is None or context.now() < context.launch.queued + moment:
        return False
    item = await find_item_now(context)
    return item is None or item.state is not QueueItemState.PENDING


async def _to_wait(context: StepContext) -> None:
    await release(context)
    await context.transition_to(Stage.WAIT, runners=settled(context.launch), misses=0)


async def _adopt(context: StepContext, execution: Execution, *, reused: bool) -> None:
    use = context.launch.runner
    unsettled = use is not None and not use.resource
    adopted = RunnerUse(
        intended=context.now() if reused or use is None else use.intended,
        reused=reused,
        resource=execution.resource,
        name=execution.name,
        region=execution.region,
        since=context.now(),
        status=execution.status,
        url=execution.url,
        why=use.why if use is not None and unsettled else "",
    )
    await context.transition_to(Stage.WAIT, runners=(*settled(context.launch), adopted), misses=0)
    await release(context)


def settled(launch: Launch) -> tuple[RunnerUse, ...]:
    """Return the runners that are known, without one that was only intended."""
    return tuple(use for use in launch.runners if use.resource)


async def _may_start(context: StepContext) -> bool:
    """Whether this launch, of all that need a runner for this queue now, is the one that starts it."""
    settings = context.dependencies.settings
    holder = await context.dependencies.launches.claim_start(
        job=settings.runner.job,
        region=settings.runner.region,
        queue=context.launch.queue,
        launch_id=context.launch.launch_id,
        now=context.now(),
        # Longer than one start and its reconciliation take.
        ttl=4 * settings.timing.call + LOOKS_BEFORE_ABSENT * settings.timing.not_found_grace,
    )
    return holder == context.launch.launch_id


async def release(context: StepContext) -> None:
    """Give the right to start a runner back, if this launch holds it."""
    settings = context.dependencies.settings
    await context.dependencies.launches.release_start(
        job=settings.runner.job,
        region=settings.runner.region,
        queue=context.launch.queue,
        launch_id=context.launch.launch_id,
    )


async def _start(context: StepContext) -> None:
    use = context.launch.runner
    wanted = use if use is not None and not use.resource else RunnerUse()
    intended = replace(wanted, intended=context.now())
    await context.audit("start runner", "started", detail=wanted.why)
    await context.save(runners=(*settled(context.launch), intended), misses=0)
    try:
        execution = await context.dependencies.runners.start(
            region=context.dependencies.settings.runner.region, launch_id=context.launch.launch_id
        )
    except ServiceError as error:
        await _after_failure(context, intended, error.problem)
    else:
        await _adopt(context, execution, reused=False)


async def _after_failure(context: StepContext, use: RunnerUse, problem: Problem) -> None:
    if not problem.effectless:
        absent = context.dependencies.settings.timing.not_found_grace
        await context.reschedule(
            absent, trouble=trouble_sentence(problem), attempts=context.launch.attempts + 1
        )
        return
    await release(context)
    if problem.passing:
        await context.record_failure(problem, runners=(*settled(context.launch), replace(use, intended=None)))
        return
    await context.save(runners=settled(context.launch), trouble=trouble_sentence(problem))
    await _give_up(context)


async def _give_up(context: StepContext) -> None:
    """No runner can be started: once its item is out of the queue, the launch is called failed."""
    job = await context.dependencies.poller.look(context.launch)
    if job is not None:
        await apply_job(context, job)
    elif await dequeue(context):
        said = context.launch.trouble.rstrip(".")
        diagnosis = await context.dependencies.reader.from_message(said)
        await context.fail(
            FailureKind.NO_RUNNER,
            f"No runner could be started: {said}.",
            read_log=False,
            diagnosis=diagnosis if diagnosis.has_error else None,
        )
    elif context.launch.withdrawn is not None:
        await context.reschedule(pause(context))
    else:
        await _to_wait(context)  # an agent has it after all


async def _look_for_ours(context: StepContext, intended: datetime) -> None:
    execution = started_for(context.launch, await _executions(context), intended)
    if execution is not None:
        await _adopt(context, execution, reused=False)
    elif context.launch.misses + 1 < LOOKS_BEFORE_ABSENT:
        await context.reschedule(
            context.dependencies.settings.timing.not_found_grace, misses=context.launch.misses + 1
        )
    else:
        use = context.launch.runner or RunnerUse()
        await context.reschedule(0, runners=(*settled(context.launch), replace(use, intended=None)), misses=0)
