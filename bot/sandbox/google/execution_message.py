"""Converts an execution of the sandbox's world to Cloud Run's message."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from google.cloud import run_v2

from bot.sandbox.google.messages import put_times, raw
from bot.sandbox.world.state import SimExecution
from bot.sandbox.world.world import World

_Execution = raw(run_v2.Execution)
_Condition = raw(run_v2.Condition)
_States = run_v2.Condition.State
_Reasons = run_v2.Condition.ExecutionReason
_SECRET = "wandb-api-key"  # noqa: S105 - the name under which Secret Manager would hold it


def execution_name(world: World, execution: SimExecution) -> str:
    """Return the full resource name."""
    place = f"projects/{world.project}/locations/{execution.region}"
    return f"{place}/jobs/{execution.job}/executions/{execution.name}"


def execution_message(world: World, execution: SimExecution) -> Any:
    """Return the message, with its counts, conditions and task template."""
    message = _Execution(
        name=execution_name(world, execution),
        uid=f"uid-{execution.name}",
        job=execution.job,
        task_count=1,
        parallelism=1,
        running_count=int(execution.state == "running"),
        succeeded_count=int(execution.state == "succeeded"),
        failed_count=int(execution.state == "failed"),
        cancelled_count=int(execution.state == "cancelled"),
        retried_count=execution.retries,
        log_uri=_log_uri(world, execution),
    )
    put_times(
        message,
        create_time=execution.created,
        start_time=execution.started,
        completion_time=execution.ended,
        update_time=execution.ended or execution.started or execution.created,
    )
    message.conditions.extend(_conditions(execution))
    _put_template(message.template, execution)
    return message


def _put_template(template: Any, execution: SimExecution) -> None:
    template.max_retries = execution.max_retries
    template.timeout.seconds = execution.timeout_seconds
    container = template.containers.add(image="us-docker.pkg.dev/acme-ml/launcher/agent:2.3")
    container.args.extend(execution.args)
    key = container.env.add(name="WANDB_API_KEY")
    key.value_source.secret_key_ref.secret = _SECRET
    key.value_source.secret_key_ref.version = "latest"
    for name, value in execution.env.items():
        container.env.add(name=name, value=value)


def _conditions(execution: SimExecution) -> list[Any]:
    """Return the conditions, `Completed` first, in the order of the real service."""
    done = _Condition(type_="Completed", message=execution.message)
    if execution.state == "succeeded":
        done.state = _States.CONDITION_SUCCEEDED
        done.message = done.message or "Execution completed successfully."
    elif execution.state == "cancelled":
        done.state, done.execution_reason = _States.CONDITION_FAILED, _Reasons.CANCELLED
    elif execution.state == "failed":
        done.state, done.execution_reason = _States.CONDITION_FAILED, _Reasons.NON_ZERO_EXIT_CODE
        done.message = done.message or (
            f"Task {execution.name}-task0 failed with message: The container exited with an error."
        )
    else:
        done.state = _States.CONDITION_RECONCILING
    put_times(done, last_transition_time=execution.ended or execution.started or execution.created)
    ready = _Condition(type_="ResourcesAvailable", state=_States.CONDITION_SUCCEEDED)
    return [done, ready, *_started(execution)]


def _started(execution: SimExecution) -> list[Any]:
    state = _States.CONDITION_SUCCEEDED if execution.started else _States.CONDITION_PENDING
    return [_Condition(type_="Started", state=state)]


def _log_uri(world: World, execution: SimExecution) -> str:
    query = (
        f'resource.type="cloud_run_job" resource.labels.job_name="{execution.job}" '
        f'labels."run.googleapis.com/execution_name"="{execution.name}" '
        f'resource.labels.location="{execution.region}"'
    )
    return (
        f"https://console.cloud.google.com/logs/viewer?project={world.project}&advancedFilter={quote(query)}"
    )
