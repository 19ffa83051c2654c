"""Stand-in for Cloud Run: Jobs.RunJob, Executions and the operations that RunJob returns."""

from __future__ import annotations

import uuid
from typing import Any

from google.cloud import run_v2
from google.longrunning import operations_pb2

from bot.sandbox.google.execution_message import execution_message
from bot.sandbox.google.failures import Failure, denied, invalid, not_found, precondition
from bot.sandbox.google.messages import raw
from bot.sandbox.google.names import PROJECT_NUMBER, ResourceName, parse_name, region_of
from bot.sandbox.google.paging import page_size, paginate
from bot.sandbox.google.rpc import Method, Service
from bot.sandbox.world.state import SimExecution
from bot.sandbox.world.world import World

SERVICE = Service("run", "run.googleapis.com", "Cloud Run Admin API")
PAGE = 100  # the default and the maximum; no number is documented


class CloudRun:
    """Cloud Run's methods on one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._operations: dict[str, str] = {}  # operation name -> execution's short name

    def methods(self) -> list[Method]:
        """Return the methods to serve."""
        executions, jobs = "google.cloud.run.v2.Executions", "google.cloud.run.v2.Jobs"
        operation, execution = operations_pb2.Operation, raw(run_v2.Execution)
        return [
            Method(
                executions,
                "ListExecutions",
                raw(run_v2.ListExecutionsRequest),
                raw(run_v2.ListExecutionsResponse),
                self.list_executions,
                _of_parent,
                "run.executions.list",
            ),
            Method(
                executions,
                "GetExecution",
                raw(run_v2.GetExecutionRequest),
                execution,
                self.get_execution,
                _of_name,
                "run.executions.get",
            ),
            Method(
                executions,
                "CancelExecution",
                raw(run_v2.CancelExecutionRequest),
                operation,
                self.cancel_execution,
                _of_name,
                "run.executions.cancel",
            ),
            Method(
                jobs, "RunJob", raw(run_v2.RunJobRequest), operation, self.run_job, _of_name, "run.jobs.run"
            ),
            Method(
                "google.longrunning.Operations",
                "GetOperation",
                operations_pb2.GetOperationRequest,
                operation,
                self.get_operation,
                _of_name,
                "run.operations.get",
            ),
        ]

    def list_executions(self, request: Any) -> Any:
        """Return the executions of a job, newest first."""
        target = parse_name(request.parent, "jobs", field="parent", wildcard=True)
        self._check_project(target, "run.executions.list")
        job = target.ids[0]
        if job != "-":
            self._check_job(target)
        size = page_size(request.page_size, default=PAGE, most=PAGE)
        rows = [
            execution
            for execution in self._world.executions.values()
            if execution.region == target.location and job in ("-", execution.job)
        ]
        rows.sort(key=lambda execution: (execution.created, execution.name), reverse=True)
        page, token = paginate(
            rows, identity=lambda row: row.name, size=size, token=request.page_token, request=[request.parent]
        )
        response = raw(run_v2.ListExecutionsResponse)(next_page_token=token)
        response.executions.extend(execution_message(self._world, execution) for execution in page)
        return response

    def get_execution(self, request: Any) -> Any:
        """Return an execution."""
        return execution_message(self._world, self._find(request.name, "run.executions.get"))

    def cancel_execution(self, request: Any) -> Any:
        """Cancel an execution that has not ended."""
        execution = self._find(request.name, "run.executions.cancel")
        if not self._world.cancel_execution(execution.name):
            raise precondition(f"Execution {execution.name} has already completed and cannot be cancelled.")
        return self._operation(execution)

    def run_job(self, request: Any) -> Any:
        """Start an execution; the operation's metadata contains it immediately."""
        target = parse_name(request.name, "jobs")
        self._check_project(target, "run.jobs.run")
        self._check_job(target)
        overrides = request.overrides
        args, env = _overrides(overrides)
        timeout = overrides.timeout.seconds if overrides.HasField("timeout") else None
        execution = self._world.start_execution(target.location, target.ids[0], args, env, timeout)
        return self._operation(execution)

    def get_operation(self, request: Any) -> Any:
        """Return an operation of RunJob; it is done when its execution has ended."""
        name = self._operations.get(request.name)
        if name is None:
            raise not_found(f"Operation {request.name} not found.")
        return self._as_operation(request.name, self._world.executions[name])

    def _operation(self, execution: SimExecution) -> Any:
        target = f"projects/{self._world.project}/locations/{execution.region}"
        name = f"{target}/operations/{uuid.uuid4()}"
        self._operations[name] = execution.name
        return self._as_operation(name, execution)

    def _as_operation(self, name: str, execution: SimExecution) -> Any:
        message = execution_message(self._world, execution)
        operation = operations_pb2.Operation(name=name, done=execution.ended is not None)
        operation.metadata.Pack(message)
        if operation.done:
            operation.response.Pack(message)
        return operation

    def _find(self, name: str, permission: str) -> SimExecution:
        target = parse_name(name, "jobs", "executions")
        self._check_project(target, permission)
        found = self._world.executions.get(target.ids[1])
        if found is None or (found.region, found.job) != (target.location, target.ids[0]):
            raise _missing("EXECUTION", target.ids[1], target)
        return found

    def _check_project(self, target: ResourceName, permission: str) -> None:
        if target.project not in (self._world.project, PROJECT_NUMBER):
            raise denied(permission, f"projects/{target.project}", SERVICE.host)

    def _check_job(self, target: ResourceName) -> None:
        job, region = target.ids[0], target.location
        known = region in self._world.runner_jobs.get(job, ())
        if not known and not any(
            execution.job == job and execution.region == region
            for execution in self._world.executions.values()
        ):
            raise _missing("JOB", job, target)


def _of_parent(request: Any) -> str:
    return region_of(request.parent)


def _of_name(request: Any) -> str:
    return region_of(request.name)


def _overrides(overrides: Any) -> tuple[tuple[str, ...], dict[str, str]]:
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    for container in overrides.container_overrides:
        args = tuple(container.args) or args
        for variable in container.env:
            if not variable.name or "=" in variable.name:
                raise invalid(f"Invalid environment variable name '{variable.name}'.", "overrides")
            env[variable.name] = variable.value
    return args, env


def _missing(kind: str, name: str, target: ResourceName) -> Failure:
    return not_found(
        f"Resource '{name}' of kind '{kind}' in region '{target.location}' in project '{target.project}' "
        "does not exist."
    )
