"""Cloud Run client: executions of the job that runs the W&B Launch agent."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from bot.clients.google.channels import GoogleTransport
from bot.clients.google.errors import translate_errors
from bot.clients.google.methods import CANCEL_EXECUTION, GET_EXECUTION, LIST_EXECUTIONS, RUN_JOB
from bot.clients.google.protobuf import created_sort_key, segment, time_in
from bot.models.cloud import Execution, ExecutionStatus
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.redaction import plain_name, safe_field
from bot.settings import Settings, Timing

LAUNCH_ID = "LAUNCH_ID"

# Values of google.cloud.run.v2.Condition.State and .ExecutionReason (raw messages hold numbers):
# https://docs.cloud.google.com/run/docs/reference/rpc/google.cloud.run.v2#condition
_OPEN_STATES = (0, 1, 2)
_FAILED, _SUCCEEDED = 3, 4
_CANCELLED = 3
_NO_LIMIT_GIVEN = 1


def execution_of(message: Any, *, launch_id: str = "") -> Execution:
    """Convert an execution. `launch_id` is used if the message does not show its environment yet."""
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
    """Return queue, entity and job limit from the agent's arguments; cached, as executions share them."""
    return (
        plain_name(", ".join(_values(words, "-q", "--queue"))),
        _last(_values(words, "-e", "--entity")),
        _number(_last(_values(words, "-j", "--max-jobs"))),
    )


def _status(message: Any, done: Any) -> ExecutionStatus:
    """Return the status from the condition `Completed` if it is final, else from the task counts."""
    state = done.state if done is not None else 0
    if state == _SUCCEEDED:
        return ExecutionStatus.SUCCEEDED
    if state == _FAILED:
        cancelled = done.execution_reason == _CANCELLED
        return ExecutionStatus.CANCELLED if cancelled else ExecutionStatus.FAILED
    if message.HasField("completion_time"):
        return _ended_status(message)
    # Between two attempts no task runs, but the execution is active.
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
    """Return the values of an option, in every syntax that the agent's command line accepts."""
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


_SYSTEM = LIST_EXECUTIONS.api.system
_PAGE = 100


class Executions:
    """Reads executions by full resource name; needs no job name."""

    def __init__(self, transport: GoogleTransport, timing: Timing) -> None:
        self._call = timing.call
        self._pause = timing.retry
        self._transport = transport

    async def get_execution(self, resource: str) -> Execution:
        """Return an execution by its full resource name."""
        region = segment(resource, "locations")
        async with translate_errors(_SYSTEM, region, self._call):
            found = await self._transport.read(
                GET_EXECUTION, region, {"name": resource}, deadline=self._call, first_pause=self._pause
            )
            return execution_of(found)


class CloudRun(Executions):
    """Implements `bot.ports.Runners`."""

    def __init__(self, settings: Settings, transport: GoogleTransport) -> None:
        super().__init__(transport, settings.timing)
        self._job = settings.runner.job

    async def list_executions(self, region: str, *, deadline: float) -> tuple[Execution, ...]:
        """Return all executions of the runner job in a region, newest first.

        Empty if the job does not exist.
        """
        try:
            rows = await self._list(region, deadline)
        except ServiceError as error:
            if error.problem.kind is ProblemKind.NOT_FOUND:
                return ()
            raise
        rows.sort(key=lambda row: created_sort_key(row.created), reverse=True)
        return tuple(rows)

    async def start(self, *, region: str, launch_id: str) -> Execution:
        """Start one execution with LAUNCH_ID in its environment; return it as created.

        Sent once. Required permissions: run.jobs.run and run.jobs.runWithOverrides
        (https://docs.cloud.google.com/run/docs/execute/jobs#required_roles).
        """
        container = {"env": [{"name": LAUNCH_ID, "value": launch_id}]}
        request = {"name": self._job_name(region), "overrides": {"container_overrides": [container]}}
        async with translate_errors(_SYSTEM, region, self._call):
            started = _started(await self._transport.ask(RUN_JOB, region, request, timeout=self._call))
        if not started.name:
            text = "the answer names no execution"
            raise ServiceError(Problem(ProblemKind.UNKNOWN, _SYSTEM, text, region))
        return execution_of(started, launch_id=launch_id)

    async def cancel(self, resource: str) -> None:
        """Ask Cloud Run to cancel an execution. Sent once."""
        region = segment(resource, "locations")
        async with translate_errors(_SYSTEM, region, self._call):
            await self._transport.ask(CANCEL_EXECUTION, region, {"name": resource}, timeout=self._call)

    async def _list(self, region: str, deadline: float) -> list[Execution]:
        async with translate_errors(_SYSTEM, region, deadline):
            request = {"parent": self._job_name(region), "page_size": _PAGE}
            found = await self._transport.rows(
                LIST_EXECUTIONS, region, request, deadline=deadline, first_pause=self._pause
            )
        return [execution_of(row) for row in found]

    def _job_name(self, region: str) -> str:
        return f"projects/{self._transport.project}/locations/{region}/jobs/{self._job}"


def _started(answer: bytes) -> Any:
    """Return the execution in the metadata of RunJob's operation.

    The operation itself only ends when the execution does, hours later.
    """
    from google.longrunning.operations_pb2 import Operation  # noqa: PLC0415 - heavy, and rarely needed

    _, execution = GET_EXECUTION.load()
    started = execution()
    Operation.FromString(answer).metadata.Unpack(started)
    return started
