"""A Cloud Run execution's message as our noun."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from bot.clients.google.protobuf import segment, time_in
from bot.models.cloud import Execution, ExecutionStatus
from bot.redaction import plain_name, safe_field

LAUNCH_ID = "LAUNCH_ID"

# Numbers of google.cloud.run.v2.Condition.State and .ExecutionReason (raw messages hold numbers):
# https://docs.cloud.google.com/run/docs/reference/rpc/google.cloud.run.v2#condition
_OPEN_STATES = (0, 1, 2)
_FAILED, _SUCCEEDED = 3, 4
_CANCELLED = 3
_NO_LIMIT_GIVEN = 1


def execution_of(message: Any, *, launch_id: str = "") -> Execution:
    """The noun. `launch_id` stands in when the message does not show its environment yet."""
    name, template = message.name, message.template
    container = template.containers[0] if template.containers else None
    queue, entity, max_jobs = _options((*container.command, *container.args) if container else ())
    env = {variable.name: variable.value for variable in container.env} if container else {}
    done = next((one for one in message.conditions if one.type_ == "Completed"), None)
    status = _status(message, done)
    ended_badly = status in (ExecutionStatus.FAILED, ExecutionStatus.CANCELLED)
    return Execution(
        resource=name,
        name=name.rpartition("/")[2],
        region=segment(name, "locations"),
        status=status,
        created=time_in(message, "create_time"),
        started=time_in(message, "start_time"),
        ended=time_in(message, "completion_time"),
        queue=queue,
        entity=entity or env.get("WANDB_ENTITY", ""),
        max_jobs=max_jobs,
        launch_id=env.get(LAUNCH_ID) or launch_id,
        time_limit=float(template.timeout.seconds) or None,
        retries=message.retried_count,
        reason=safe_field(done.message) if done is not None and done.message and ended_badly else "",
        url=message.log_uri,
    )


@lru_cache(maxsize=256)
def _options(words: tuple[str, ...]) -> tuple[str, str, int]:
    """Queues, entity and limit of jobs by the agent's arguments, which hundreds of executions share."""
    return (
        plain_name(", ".join(_values(words, "-q", "--queue"))),
        _last(_values(words, "-e", "--entity")),
        _number(_last(_values(words, "-j", "--max-jobs"))),
    )


def _status(message: Any, done: Any) -> ExecutionStatus:
    """From the condition `Completed` where it has spoken, else from the counts of tasks."""
    state = done.state if done is not None else 0
    if state == _SUCCEEDED:
        return ExecutionStatus.SUCCEEDED
    if state == _FAILED:
        cancelled = done.execution_reason == _CANCELLED
        return ExecutionStatus.CANCELLED if cancelled else ExecutionStatus.FAILED
    if message.HasField("completion_time"):
        return _ended_status(message)
    # Between two attempts no task runs, but the execution does.
    if message.running_count or message.retried_count:
        return ExecutionStatus.RUNNING
    return ExecutionStatus.PENDING if state in _OPEN_STATES else ExecutionStatus.UNKNOWN


def _ended_status(message: Any) -> ExecutionStatus:
    if message.failed_count:
        return ExecutionStatus.FAILED
    if message.cancelled_count:
        return ExecutionStatus.CANCELLED
    return ExecutionStatus.SUCCEEDED if message.succeeded_count else ExecutionStatus.UNKNOWN


def _values(words: Sequence[str], short: str, long: str) -> list[str]:
    """What stands behind an option, in any of the ways in which the agent's command line reads it."""
    found: list[str] = []
    for index, word in enumerate(words):
        if word in (short, long):
            found += words[index + 1 : index + 2]
        elif word.startswith(f"{long}="):
            found.append(word[len(long) + 1 :])
        elif word.startswith(short) and not word.startswith("--"):
            found.append(word[len(short) :].removeprefix("="))
    return found


def _last(values: Sequence[str]) -> str:
    return values[-1] if values else ""


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return _NO_LIMIT_GIVEN
