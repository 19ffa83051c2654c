"""Cloud Run: executions of the one job that runs the W&B Launch agent."""

from __future__ import annotations

from typing import Any

from bot.clients.google_apis import EXECUTIONS, RUN_JOBS
from bot.clients.google_call import asking
from bot.clients.google_messages import newest_first, raw, raw_pages, segment
from bot.clients.google_retry import read_retry
from bot.clients.google_transport import GoogleTransport
from bot.clients.runner_rows import LAUNCH_ID, execution_of
from bot.errors import Problem, ProblemKind, ServiceError
from bot.models.cloud import Execution
from bot.settings import Settings, Timing

_SYSTEM = EXECUTIONS.system
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
            client = await self._transport.client(EXECUTIONS, region)
            found = await client.get_execution(
                request={"name": resource}, retry=self._retry(self._call), timeout=self._call
            )
            return execution_of(raw(found))

    def _retry(self, deadline: float) -> Any:
        return read_retry(first_pause=self._pause, deadline=deadline)


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
            client = await self._transport.client(RUN_JOBS, region)
            # The operation ends with the execution, hours later: its metadata is all that is needed.
            operation = await client.run_job(request=request, retry=None, timeout=self._call)
            started = raw(operation.metadata)
        if not started.name:
            text = "the answer names no execution"
            raise ServiceError(Problem(ProblemKind.UNKNOWN, _SYSTEM, text, region))
        return execution_of(started, launch_id=launch_id)

    async def cancel(self, resource: str) -> None:
        """Asks Cloud Run to cancel an execution. Tried once."""
        region = segment(resource, "locations")
        async with asking(_SYSTEM, region, self._call):
            client = await self._transport.client(EXECUTIONS, region)
            await client.cancel_execution(request={"name": resource}, retry=None, timeout=self._call)

    async def _list(self, region: str, deadline: float) -> list[Execution]:
        async with asking(_SYSTEM, region, deadline):
            client = await self._transport.client(EXECUTIONS, region)
            pager = await client.list_executions(
                request={"parent": self._job_name(region), "page_size": _PAGE},
                retry=self._retry(deadline),
                timeout=deadline,
            )
            return [execution_of(row) async for page in raw_pages(pager) for row in page.executions]

    def _job_name(self, region: str) -> str:
        return f"projects/{self._transport.project}/locations/{region}/jobs/{self._job}"
