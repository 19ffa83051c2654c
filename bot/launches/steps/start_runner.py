"""Step 3: reuse a suitable runner, or start one exactly once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.launches.context import StepContext, trouble_sentence
from bot.launches.runner_selection import find_reusable_runner, find_started_runner
from bot.launches.steps.all_regions import followed_elsewhere
from bot.launches.steps.dequeue import dequeue, dequeue_delay, find_item_uncached
from bot.launches.steps.dequeue_expired import dequeue_expired
from bot.launches.steps.observe import apply_job
from bot.models.cloud import Execution, QueueItemState
from bot.models.errors import Problem, ServiceError
from bot.models.launch import FailureKind, Launch, RunnerUse, Stage

CHECKS_BEFORE_ABSENT = 2


async def start_runner(context: StepContext) -> None:
    """Ensure an active runner; if none can be started, dequeue the item and fail the launch."""
    use = context.launch.runner
    if context.launch.withdrawn is not None:
        await _give_up(context)
    elif context.launch.deadline is not None and context.now() >= context.launch.deadline:
        await _to_wait(context)  # the wait step handles the deadline
    elif use is not None and use.intended is not None and not use.resource:
        await _find_started(context, use.intended)
    else:
        await _find_or_start(context)


async def _find_or_start(context: StepContext) -> None:
    reusable = await find_reusable_runner(context, await context.dependencies.poller.executions())
    if reusable is not None:
        await _use_runner(context, reusable, reused=True)
    elif not await _claim_start(context):
        await context.reschedule(context.dependencies.settings.timing.poll / 5)
    elif await _is_taken(context):
        await _to_wait(context)
    else:
        # The previous holder of the claim may have started a runner since the first listing.
        reusable = await find_reusable_runner(context, await _executions(context))
        if reusable is None:
            await dequeue_expired(context)
            await _start(context)
        else:
            await _use_runner(context, reusable, reused=True)


async def _executions(context: StepContext) -> tuple[Execution, ...]:
    settings = context.dependencies.settings
    return await context.dependencies.runners.list_executions(
        settings.runner.region, deadline=settings.timing.call
    )


async def _is_taken(context: StepContext) -> bool:
    """Return True if an agent has taken the item; not checked in the first poll interval after queueing."""
    interval = timedelta(seconds=context.dependencies.settings.timing.poll)
    if context.launch.queued is None or context.now() < context.launch.queued + interval:
        return False
    item = await find_item_uncached(context)
    return item is None or item.state is not QueueItemState.PENDING


async def _to_wait(context: StepContext) -> None:
    await release_claim(context)
    await context.transition_to(Stage.WAIT, runners=known_runners(context.launch), misses=0)


async def _use_runner(context: StepContext, execution: Execution, *, reused: bool) -> None:
    use = context.launch.runner
    planned = use is not None and not use.resource
    adopted = RunnerUse(
        intended=context.now() if reused or use is None else use.intended,
        reused=reused,
        resource=execution.resource,
        name=execution.name,
        region=execution.region,
        since=context.now(),
        status=execution.status,
        url=execution.url,
        why=use.why if use is not None and planned else "",
    )
    await context.transition_to(Stage.WAIT, runners=(*known_runners(context.launch), adopted), misses=0)
    await release_claim(context)


def known_runners(launch: Launch) -> tuple[RunnerUse, ...]:
    """Return the runners with a resource name, without one that was only intended."""
    return tuple(use for use in launch.runners if use.resource)


async def _claim_start(context: StepContext) -> bool:
    """Return True if this launch holds the claim to start a runner for its queue."""
    settings = context.dependencies.settings
    holder = await context.dependencies.launches.claim_start(
        job=settings.runner.job,
        region=settings.runner.region,
        queue=context.launch.queue,
        launch_id=context.launch.launch_id,
        now=context.now(),
        # Longer than one start and its reconciliation.
        ttl=4 * settings.timing.call + CHECKS_BEFORE_ABSENT * settings.timing.not_found_grace,
    )
    return holder == context.launch.launch_id


async def release_claim(context: StepContext) -> None:
    """Release the claim to start a runner, if this launch holds it."""
    settings = context.dependencies.settings
    await context.dependencies.launches.release_start(
        job=settings.runner.job,
        region=settings.runner.region,
        queue=context.launch.queue,
        launch_id=context.launch.launch_id,
    )


async def _start(context: StepContext) -> None:
    use = context.launch.runner
    planned = use if use is not None and not use.resource else RunnerUse()
    intended = replace(planned, intended=context.now())
    await context.audit("start runner", "started", detail=planned.why)
    await context.save(runners=(*known_runners(context.launch), intended), misses=0)
    try:
        execution = await context.dependencies.runners.start(
            region=context.dependencies.settings.runner.region, launch_id=context.launch.launch_id
        )
    except ServiceError as error:
        await _after_failure(context, intended, error.problem)
    else:
        await _use_runner(context, execution, reused=False)


async def _after_failure(context: StepContext, use: RunnerUse, problem: Problem) -> None:
    if not problem.effectless:
        grace = context.dependencies.settings.timing.not_found_grace
        await context.reschedule(
            grace, trouble=trouble_sentence(problem), attempts=context.launch.attempts + 1
        )
        return
    await release_claim(context)
    if problem.passing:
        await context.record_failure(
            problem, runners=(*known_runners(context.launch), replace(use, intended=None))
        )
        return
    await context.save(runners=known_runners(context.launch), trouble=trouble_sentence(problem))
    await _give_up(context)


async def _give_up(context: StepContext) -> None:
    """Fail the launch because no runner can be started; its item is dequeued first."""
    job = await context.dependencies.poller.find_job(context.launch)
    if job is not None:
        await apply_job(context, job)
    elif await dequeue(context):
        if await followed_elsewhere(context):
            return
        reason = context.launch.trouble.rstrip(".")
        diagnosis = await context.dependencies.reader.from_message(reason)
        await context.fail(
            FailureKind.NO_RUNNER,
            f"No runner could be started: {reason}.",
            read_log=False,
            diagnosis=diagnosis if diagnosis.has_error else None,
        )
    elif context.launch.withdrawn is not None:
        await context.reschedule(dequeue_delay(context))
    else:
        await _to_wait(context)  # an agent has taken the item after all


async def _find_started(context: StepContext, intended: datetime) -> None:
    execution = find_started_runner(context.launch, await _executions(context), intended)
    if execution is not None:
        await _use_runner(context, execution, reused=False)
    elif context.launch.misses + 1 < CHECKS_BEFORE_ABSENT:
        await context.reschedule(
            context.dependencies.settings.timing.not_found_grace, misses=context.launch.misses + 1
        )
    else:
        use = context.launch.runner or RunnerUse()
        await context.reschedule(
            0, runners=(*known_runners(context.launch), replace(use, intended=None)), misses=0
        )
