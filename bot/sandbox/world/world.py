"""The sandbox's world: one mutable state that all stand-ins and agents share."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.sandbox.world.agent_environment import RunnerImage
from bot.sandbox.world.names import new_suffix
from bot.sandbox.world.state import (
    Fault,
    SimAgent,
    SimBuild,
    SimExecution,
    SimJob,
    SimLogEntry,
    SimQueue,
    SimQueueItem,
    SimRun,
)

# Vertex AI shows CANCELLING for some seconds before CANCELLED.
CANCELLING_SECONDS = 2.0


@dataclass(slots=True)
class World:
    """All objects, by name.

    `speed` divides every duration of a scenario (10 is ten times as fast).
    `calls` counts the requests that reached each stand-in: (service, method, region).
    `on_execution` holds callbacks for each execution created by Cloud Run's RunJob, used by the player.
    """

    project: str = "acme-ml"
    entity: str = "acme-ml"
    wandb_project: str = "trainer"
    vertex_region: str = "us-central1"  # the agent's `environment.region`: the region of its custom jobs
    wandb_url: str = "https://api.wandb.ai"  # the API URL of agents and jobs; set by the W&B stand-in
    api_key: str = ""  # the W&B key that the agent passes to jobs; set by the W&B stand-in
    speed: float = 1.0
    log_delay: float = 3.0  # scenario seconds until Cloud Logging shows a new entry
    executions: dict[str, SimExecution] = field(default_factory=dict)
    jobs: dict[str, SimJob] = field(default_factory=dict)
    builds: dict[str, SimBuild] = field(default_factory=dict)
    runs: dict[str, SimRun] = field(default_factory=dict)
    queues: dict[str, SimQueue] = field(default_factory=dict)
    items: dict[str, SimQueueItem] = field(default_factory=dict)
    agents: dict[str, SimAgent] = field(default_factory=dict)
    logs: list[SimLogEntry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    latency: dict[str, float] = field(
        default_factory=dict
    )  # real seconds by region ("wandb" for W&B), "*" for the others
    runner_jobs: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # Cloud Run job -> regions in which it exists
    runner_args: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # Cloud Run job -> its own arguments
    runner_timeouts: dict[str, int] = field(default_factory=dict)  # Cloud Run job -> seconds of an attempt
    runner_retries: dict[str, int] = field(default_factory=dict)  # Cloud Run job -> its max_retries
    runner_images: dict[str, RunnerImage] = field(default_factory=dict)  # Cloud Run job -> its agent's side
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    on_execution: list[Callable[[SimExecution], None]] = field(default_factory=list)

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)

    def seconds(self, of_scenario: float) -> float:
        """Return a scenario duration in real seconds."""
        return of_scenario / self.speed

    def fault(self, service: str, method: str, region: str, *, also: Iterable[str] = ()) -> Fault | None:
        """Return the fault of this call and decrement its count; `also` are further names of `method`."""
        for fault in self.faults:
            if fault.service != service or fault.times == 0:
                continue
            if fault.region not in ("*", region) or fault.method not in ("", method, *also):
                continue
            if fault.times > 0:
                fault.times -= 1
            return fault
        return None

    def start_execution(
        self,
        region: str,
        job: str,
        args: Iterable[str] = (),
        env: dict[str, str] | None = None,
        timeout: int | None = None,
    ) -> SimExecution:
        """Create an execution like RunJob; `args`, `env` and `timeout` (seconds) are its overrides.

        Without `args` the arguments of the Cloud Run job apply. A callback starts its agent.
        """
        name = f"{job}-{new_suffix(5)}"
        execution = SimExecution(
            name=name,
            job=job,
            region=region,
            state="pending",
            created=self.now(),
            args=tuple(args) or self.runner_args.get(job, ()),
            env={**dict(self.image_of(job).env), **(env or {})},
            timeout_seconds=timeout or self.runner_timeouts.get(job, 14_400),
            max_retries=self.runner_retries.get(job, 0),
        )
        self.executions[name] = execution
        for listener in self.on_execution:
            listener(execution)
        return execution

    def image_of(self, job: str) -> RunnerImage:
        """Return what a Cloud Run job gives its agent."""
        return self.runner_images.get(job) or RunnerImage(config_region=self.vertex_region)

    def cancel_execution(self, name: str) -> bool:
        """Cancel an execution and its agent; False if it had ended."""
        execution = self.executions[name]
        if execution.state not in ("pending", "running"):
            return False
        execution.state, execution.ended = "cancelled", self.now()
        execution.message = "Execution was cancelled."
        return True

    def cancel_job(self, job_id: str) -> bool:
        """Cancel a custom job, through CANCELLING; False if it had ended. Needs a running event loop."""
        job = self.jobs[job_id]
        if job.state not in ("QUEUED", "PENDING", "RUNNING", "PAUSED", "UPDATING"):
            return False
        job.state = "CANCELLING"
        asyncio.get_running_loop().call_later(self.seconds(CANCELLING_SECONDS), self._end_cancelled, job)
        return True

    def cancel_build(self, build_id: str) -> bool:
        """Cancel a build; False if it had ended."""
        build = self.builds[build_id]
        if build.status not in ("PENDING", "QUEUED", "WORKING"):
            return False
        build.status, build.ended = "CANCELLED", self.now()
        return True

    def stop_run(self, run_id: str) -> bool:
        """Request a run to stop, as W&B does: its process sees this at a heartbeat.

        False when the run does not exist.
        """
        run = self.runs.get(run_id)
        if run is None:
            return False
        run.stop_requested = True
        return True

    def _end_cancelled(self, job: SimJob) -> None:
        if job.state == "CANCELLING":
            job.state, job.ended = "CANCELLED", self.now()
            job.error_code, job.error = 1, "CANCELED"
