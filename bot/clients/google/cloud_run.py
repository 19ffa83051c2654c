"""Cloud Run: executions of the one job that runs the W&B Launch agent."""

from __future__ import annotations

from typing import Any

from bot.clients.google.call import asking
from bot.clients.google.channels import GoogleTransport
from bot.clients.google.methods import CANCEL_EXECUTION, GET_EXECUTION, LIST_EXECUTIONS, RUN_JOB
from bot.clients.google.protobuf import newest_first, segment
from bot.clients.google.runner_rows import LAUNCH_ID, execution_of
from bot.models.cloud import Execution
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.settings import Settings, Timing

_SYSTEM = LIST_EXECUTIONS.api.system
_PAGE = 100


class Executions:
    """Executions by their full names: what can be asked without knowing of one job."""

    def __init__(self, transport: GoogleTransport, timing: Timing) -> None:
        self._call = timing.call
        self._pause = timing.retry
        self._transport = transport

    async def get_execution(self, resource: str) -> Execution:
        """One execution by its full name."""
        region = segment(resource, "locations")
        async with asking(_SYSTEM, region, self._call):
            found = await self._transport.read(
                GET_EXECUTION, region, {"name": resource}, deadline=self._call, first_pause=self._pause
            )
            return execution_of(found)


class CloudRun(Executions):
    """Fulfils `bot.ports.Runners`."""

    def __init__(self, settings: Settings, transport: GoogleTransport) -> None:
        super().__init__(transport, settings.timing)
        self._job = settings.runner.job

    async def list_executions(self, region: str, *, deadline: float) -> tuple[Execution, ...]:
        """Executions of the runner job in a region, all pages, newest first; empty also without the job."""
        try:
            rows = await self._list(region, deadline)
        except ServiceError as error:
            if error.problem.kind is ProblemKind.NOT_FOUND:
                return ()
            raise
        rows.sort(key=lambda row: newest_first(row.created), reverse=True)
        return tuple(rows)

    async def start(self, *, region: str, launch_id: str) -> Execution:
        """Starts one execution with LAUNCH_ID in its environment, and returns it as it was created.

        Tried once. The permissions are run.jobs.run and run.jobs.runWithOverrides
        (https://docs.cloud.google.com/run/docs/execute/jobs#required_roles).
        """
        container = {"env": [{"name": LAUNCH_ID, "value": launch_id}]}
        request = {"name": self._job_name(region), "overrides": {"container_overrides": [container]}}
        async with asking(_SYSTEM, region, self._call):
            started = _started(await self._transport.ask(RUN_JOB, region, request, timeout=self._call))
        if not started.name:
            text = "the answer names no execution"
            raise ServiceError(Problem(ProblemKind.UNKNOWN, _SYSTEM, text, region))
        return execution_of(started, launch_id=launch_id)

    async def cancel(self, resource: str) -> None:
        """Asks Cloud Run to cancel an execution. Tried once."""
        region = segment(resource, "locations")
        async with asking(_SYSTEM, region, self._call):
            await self._transport.ask(CANCEL_EXECUTION, region, {"name": resource}, timeout=self._call)

    async def _list(self, region: str, deadline: float) -> list[Execution]:
        async with asking(_SYSTEM, region, deadline):
            request = {"parent": self._job_name(region), "page_size": _PAGE}
            found = await self._transport.rows(
                LIST_EXECUTIONS, region, request, deadline=deadline, first_pause=self._pause
            )
        return [execution_of(row) for row in found]

    def _job_name(self, region: str) -> str:
        return f"projects/{self._transport.project}/locations/{region}/jobs/{self._job}"


def _started(answer: bytes) -> Any:
    """The execution that RunJob's operation tells of.

    The operation ends with the execution, hours later: its metadata is all that is needed.
    """
    from google.longrunning.operations_pb2 import Operation  # noqa: PLC0415 - heavy, and rarely needed

    _, execution = GET_EXECUTION.load()
    started = execution()
    Operation.FromString(answer).metadata.Unpack(started)
    return started
