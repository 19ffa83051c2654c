"""Which of the living runners may take a launch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.launches.context import StepContext
from bot.models.cloud import CustomJob, Execution, ExecutionStatus
from bot.models.errors import ProblemKind, ServiceError
from bot.models.launch import Launch
from bot.settings import Settings

# Times of different systems are compared with this margin, in seconds.
MARGIN = timedelta(seconds=60)


def choose_runner(
    settings: Settings,
    launch: Launch,
    executions: Sequence[Execution],
    *,
    jobs: Sequence[CustomJob],
    others: Sequence[Launch],
    now: datetime,
) -> Execution | None:
    """Return the newest execution that listens to this launch's queue and has room and time left, or None.

    `jobs` are the region's custom jobs, `others` the unfinished launches.
    """
    tried = {use.resource for use in launch.runners}
    for execution in executions:
        if execution.resource in tried or not listens(settings, launch, execution):
            continue
        if near_limit(settings, execution, now) or full(execution, jobs, others, launch):
            continue
        return execution
    return None


def listens(settings: Settings, launch: Launch, execution: Execution) -> bool:
    """Whether it is alive and its arguments hold this queue and entity."""
    return execution.active and serves(settings, launch, execution)


def serves(settings: Settings, launch: Launch, execution: Execution) -> bool:
    """Whether its arguments hold this queue and entity, alive or over."""
    queues = execution.queue.split(", ")  # an agent may listen to several
    return launch.queue in queues and execution.entity == settings.wandb.entity


def near_limit(settings: Settings, execution: Execution, now: datetime) -> bool:
    """Whether Cloud Run will end it soon. Each attempt may run for the task's time limit."""
    if execution.time_limit is None or execution.started is None:
        return False
    left = (execution.started + timedelta(seconds=execution.time_limit) - now).total_seconds()
    return left < settings.runner.near_limit_seconds


def full(execution: Execution, jobs: Sequence[CustomJob], others: Sequence[Launch], launch: Launch) -> bool:
    """Whether it has as many jobs as its --max-jobs lets it take, those on their way included.

    No job says which agent made it, so every unfinished job of W&B Launch that is younger than the
    execution counts.
    """
    if execution.max_jobs < 0:
        return False
    begun = execution.created
    running = sum(1 for job in jobs if job.run_id and job.active and _since(job.created, begun))
    on_their_way = sum(
        1
        for other in others
        if other.launch_id != launch.launch_id
        and other.job is None
        and other.runner is not None
        and other.runner.resource == execution.resource
    )
    return running + on_their_way >= execution.max_jobs


def _since(moment: datetime | None, begun: datetime | None) -> bool:
    return moment is None or begun is None or moment >= begun


def started_for(launch: Launch, executions: Sequence[Execution], intended: datetime) -> Execution | None:
    """Return the execution that an earlier, unclear try to start one made: by LAUNCH_ID, else the only candidate.

    A candidate listens to the same queue, carries no LAUNCH_ID (the listing may not show it) and was
    made since the intent.
    """
    known = {use.resource for use in launch.runners}
    fresh = [execution for execution in executions if execution.resource not in known]
    for execution in fresh:
        if execution.launch_id == launch.launch_id:
            return execution
    nameless = [
        execution
        for execution in fresh
        if not execution.launch_id
        and launch.queue in execution.queue.split(", ")
        and execution.created is not None
        and execution.created >= intended - MARGIN
    ]
    return nameless[0] if len(nameless) == 1 else None


def over(status: ExecutionStatus) -> bool:
    """Whether an execution has ended."""
    return status in (ExecutionStatus.SUCCEEDED, ExecutionStatus.FAILED, ExecutionStatus.CANCELLED)


# Cloud Run's listing may lag behind a start by so much.
LAG = timedelta(seconds=60)


async def living_runner(context: StepContext, listed: tuple[Execution, ...]) -> Execution | None:
    """Return the runner to reuse, of those listed and those that other launches have just started, or None."""
    others = await context.dependencies.launches.unfinished()
    executions = (*listed, *await _unlisted(context, listed, others))
    return choose_runner(
        context.dependencies.settings,
        context.launch,
        executions,
        jobs=await _jobs(context, executions),
        others=others,
        now=context.now(),
    )


async def _unlisted(
    context: StepContext, listed: tuple[Execution, ...], others: tuple[Launch, ...]
) -> tuple[Execution, ...]:
    known = {execution.resource for execution in listed}
    fresh = {
        use.resource
        for other in others
        if (use := other.runner) is not None and use.since is not None and context.now() < use.since + LAG
    }
    found = [await _execution(context, resource) for resource in sorted(fresh - known - {""})]
    return tuple(execution for execution in found if execution is not None)


async def _execution(context: StepContext, resource: str) -> Execution | None:
    try:
        return await context.dependencies.runners.get_execution(resource)
    except ServiceError as error:
        if error.problem.kind is ProblemKind.NOT_FOUND:
            return None
        raise


async def _jobs(context: StepContext, executions: tuple[Execution, ...]) -> tuple[CustomJob, ...]:
    """Return the jobs that candidates with a limit may be busy with; nothing is asked where there is no limit."""
    begun = [
        execution.created or context.launch.created
        for execution in executions
        if execution.max_jobs >= 0 and listens(context.dependencies.settings, context.launch, execution)
    ]
    if not begun:
        return ()
    return await context.dependencies.poller.jobs_since(context.launch.region, min(begun) - MARGIN)
