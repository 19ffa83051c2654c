"""Selection of a running runner that can take a launch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.launches.context import StepContext
from bot.models.cloud import CustomJob, Execution, ExecutionStatus
from bot.models.errors import ProblemKind, ServiceError
from bot.models.launch import Launch
from bot.settings import Settings

# Tolerance for comparing timestamps of different systems.
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
    """Return the newest active execution for this queue with free capacity and time left, or None.

    `jobs` are the custom jobs of the region, `others` all unfinished launches.
    """
    used = {use.resource for use in launch.runners}
    for execution in executions:
        if execution.resource in used or not is_listening(settings, launch, execution):
            continue
        if near_limit(settings, execution, now) or at_capacity(execution, jobs, others, launch):
            continue
        return execution
    return None


def is_listening(settings: Settings, launch: Launch, execution: Execution) -> bool:
    """Return True if the execution is active and serves this queue and entity."""
    return execution.active and serves(settings, launch, execution)


def serves(settings: Settings, launch: Launch, execution: Execution) -> bool:
    """Return True if the arguments of the execution name this queue and entity, active or ended."""
    queues = execution.queue.split(", ")  # an agent may listen to several
    return launch.queue in queues and execution.entity == settings.wandb.entity


def near_limit(settings: Settings, execution: Execution, now: datetime) -> bool:
    """Return True if Cloud Run will soon end the execution. The time limit counts per attempt."""
    if execution.time_limit is None or execution.started is None:
        return False
    left = (execution.started + timedelta(seconds=execution.time_limit) - now).total_seconds()
    return left < settings.runner.near_limit_seconds


def at_capacity(
    execution: Execution, jobs: Sequence[CustomJob], others: Sequence[Launch], launch: Launch
) -> bool:
    """Return True if the execution has no free capacity under its --max-jobs; assigned launches count.

    A job does not name the agent that created it, so every unfinished W&B Launch job that is newer than
    the execution counts.
    """
    if execution.max_jobs < 0:
        return False
    running = sum(
        1 for job in jobs if job.run_id and job.active and _created_since(job.created, execution.created)
    )
    assigned = sum(
        1
        for other in others
        if other.launch_id != launch.launch_id
        and other.job is None
        and other.runner is not None
        and other.runner.resource == execution.resource
    )
    return running + assigned >= execution.max_jobs


def _created_since(created: datetime | None, since: datetime | None) -> bool:
    return created is None or since is None or created >= since


def find_started_runner(
    launch: Launch, executions: Sequence[Execution], intended: datetime
) -> Execution | None:
    """Return the execution created by an earlier start with an unclear result, or None.

    It is matched by LAUNCH_ID, else it is the only candidate. A candidate serves the same queue, shows no
    LAUNCH_ID (the listing may omit it) and was created after the intent.
    """
    known = {use.resource for use in launch.runners}
    fresh = [execution for execution in executions if execution.resource not in known]
    for execution in fresh:
        if execution.launch_id == launch.launch_id:
            return execution
    candidates = [
        execution
        for execution in fresh
        if not execution.launch_id
        and launch.queue in execution.queue.split(", ")
        and execution.created is not None
        and execution.created >= intended - MARGIN
    ]
    return candidates[0] if len(candidates) == 1 else None


def has_ended(status: ExecutionStatus) -> bool:
    """Return True if an execution with this status has ended."""
    return status in (ExecutionStatus.SUCCEEDED, ExecutionStatus.FAILED, ExecutionStatus.CANCELLED)


# The longest delay after which Cloud Run lists a started execution.
LAG = timedelta(seconds=60)


async def find_reusable_runner(context: StepContext, listed: tuple[Execution, ...]) -> Execution | None:
    """Return the runner to reuse, or None.

    Candidates are the listed executions and those that other launches have just started.
    """
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
    """Return the jobs that may occupy candidates with a --max-jobs limit; without one, make no call."""
    created = [
        execution.created or context.launch.created
        for execution in executions
        if execution.max_jobs >= 0 and is_listening(context.dependencies.settings, context.launch, execution)
    ]
    if not created:
        return ()
    return await context.dependencies.poller.jobs_since(context.launch.region, min(created) - MARGIN)
