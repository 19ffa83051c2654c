"""Which of the living runners may take a launch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.models.cloud import CustomJob, Execution, ExecutionStatus
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
    """The newest execution that listens to this launch's queue and has room and time left, or None.

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
    """The execution that an earlier, unclear try to start one made: by LAUNCH_ID, else the only candidate.

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
