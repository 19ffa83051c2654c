"""Fills a world with the initial state of a scenario, including logs."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.sandbox.world import log_writer
from bot.sandbox.world.agent_environment import RunnerImage
from bot.sandbox.world.log_writer import Line, LogSource
from bot.sandbox.world.scenario import (
    BuildTable,
    ExecutionTable,
    ItemTable,
    JobTable,
    Logged,
    RunTable,
    Scenario,
)
from bot.sandbox.world.scripts import Lines, LogLine
from bot.sandbox.world.state import (
    Fault,
    SimBuild,
    SimExecution,
    SimJob,
    SimQueue,
    SimQueueItem,
    SimRun,
)
from bot.sandbox.world.trainer import curve
from bot.sandbox.world.world import World

_API_KEY_SHAPE = "5a" * 20


def populate(world: World, scenario: Scenario) -> None:
    """Fill a new world."""
    _Populator(world, scenario, world.now()).all()


def read_lines(scenario: Scenario, lines: Lines, file: str, words: dict[str, str]) -> tuple[Line | str, ...]:
    """Return the lines of a log, from the scenario or its file, with `{name}` placeholders filled in."""
    whole: list[str | Line] = [line if isinstance(line, str) else _special(line) for line in lines]
    if file:
        whole += (scenario.folder / file).read_text("utf-8").splitlines()
    return tuple(_filled(line, words) if isinstance(line, str) else line for line in whole)


def _special(line: LogLine) -> Line:
    text = base64.b64decode(line.base64).decode("utf-8", "replace") if line.base64 else line.text
    return Line(text and text * line.repeat, line.payload, line.proto, line.severity)


def _filled(text: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@dataclass(frozen=True, slots=True)
class _Populator:
    """Fills one world; ages are relative to `now`."""

    world: World
    scenario: Scenario
    now: datetime

    def all(self) -> None:
        """Add all objects to the world."""
        self._settings()
        for execution in self.scenario.execution:
            self._execution(execution)
        for job in self.scenario.job:
            self._job(job)
        for build in self.scenario.build:
            self._build(build)
        for run in self.scenario.run:
            self._run(run)
        for item in self.scenario.item:
            self._item(item)
        self.world.logs.sort(key=lambda entry: entry.at)

    def _settings(self) -> None:
        world, scenario = self.world, self.scenario
        world.project, world.entity = scenario.project, scenario.entity
        world.wandb_project, world.vertex_region = scenario.wandb_project, scenario.vertex_region
        world.speed, world.log_delay = scenario.speed, scenario.log_delay
        world.latency = {place: world.seconds(span) for place, span in scenario.latency.items()}
        world.faults = [Fault(**fault.model_dump()) for fault in scenario.fault]
        for fault in world.faults:
            fault.delay, fault.retry_delay = world.seconds(fault.delay), world.seconds(fault.retry_delay)
        for number, queue in enumerate(scenario.queue, 1):
            world.queues[queue.name] = SimQueue(
                f"UnVuUXVldWU6{number:04}",
                queue.name,
                world.entity,
                queue.resource,
                dict(queue.resource_args),
            )
        for job in scenario.runner_job:
            world.runner_jobs[job.name] = job.regions
            world.runner_args[job.name] = job.args
            world.runner_timeouts[job.name] = int(job.timeout)
            world.runner_retries[job.name] = job.max_retries
            region = world.vertex_region if job.config_region is None else job.config_region
            world.runner_images[job.name] = RunnerImage(tuple(job.env.items()), region, job.gcloud)

    def _execution(self, table: ExecutionTable) -> None:
        created, started, ended = self._times(table.ago, table.waited, table.lasted)
        pending = table.state == "pending"
        over = table.state in ("succeeded", "failed", "cancelled")
        execution = SimExecution(
            name=table.name,
            job=table.job,
            region=table.region,
            state=table.state,
            created=created,
            args=table.args or self.world.runner_args.get(table.job, ()),
            env={**dict(self.world.image_of(table.job).env), **table.env},
            started=None if pending else started,
            ended=ended if over else None,
            timeout_seconds=int(table.timeout),
            retries=table.retries,
            exit_code=table.exit_code,
            message=table.message,
            scripted=table.agent is None,
        )
        self.world.executions[table.name] = execution
        self._log(table, log_writer.runner_source(self.world, execution), execution.started, execution.ended)

    def _job(self, table: JobTable) -> None:
        created, started, ended = self._times(table.ago, table.waited, table.lasted)
        waiting = table.state in ("QUEUED", "PENDING")
        over = table.state in ("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED")
        job = SimJob(
            job_id=table.job_id,
            region=table.region,
            display_name=table.name,
            state=table.state,
            created=created,
            labels={"wandb-run-id": table.run_id} if table.run_id else {},
            started=None if waiting or table.state == "EXPIRED" else started,
            ended=ended if over else None,
            error_code=table.error_code,
            error=table.error,
            image=table.image,
            machine_type=table.machine_type,
            env={"WANDB_API_KEY": self.world.api_key or _API_KEY_SHAPE, **table.env},
        )
        self.world.jobs[table.job_id] = job
        self._log(table, log_writer.job_source(self.world, job), job.started, job.ended)

    def _build(self, table: BuildTable) -> None:
        created, started, ended = self._times(table.ago, table.waited, table.lasted)
        waiting = table.status in ("PENDING", "QUEUED")
        over = not waiting and table.status != "WORKING"
        build = SimBuild(
            build_id=table.build_id,
            region=table.region,
            status=table.status,
            image=table.image,
            created=created,
            steps_total=table.steps_total,
            steps_done=table.steps_done,
            started=None if waiting else started,
            ended=ended if over else None,
            failure=table.failure,
            log_in_gcs_only=table.log_in_gcs_only,
        )
        self.world.builds[table.build_id] = build
        self._log(table, log_writer.build_source(self.world, build), build.started, build.ended)

    def _run(self, table: RunTable) -> None:
        created = self.now - timedelta(seconds=table.ago)
        lasted = table.lasted or table.ago
        history = [
            {
                "_step": float(step),
                "_runtime": round(lasted * (step + 1) / table.steps, 1),
                **{name: curve(*ends, (step + 1) / table.steps) for name, ends in table.metrics.items()},
            }
            for step in range(table.steps if table.metrics else 0)
        ]
        running = table.state in ("running", "pending", "preempting")
        self.world.runs[table.run_id] = SimRun(
            run_id=table.run_id,
            name=table.name,
            state=table.state,
            user=table.user,
            created=created,
            heartbeat=self.now if running else created + timedelta(seconds=lasted),
            config=dict(table.config),
            summary=dict(history[-1]) if history else {},
            history=history,
        )

    def _item(self, table: ItemTable) -> None:
        created = self.now - timedelta(seconds=table.ago)
        self.world.items[table.item_id] = SimQueueItem(
            item_id=table.item_id,
            queue=table.queue,
            spec=dict(table.spec),
            state=table.state,
            created=created,
            leased_by=table.leased_by,
            leased_at=created if table.state == "LEASED" else None,
            associated_run_id=table.run_id,
            error=table.error,
        )

    def _times(self, ago: float, waited: float, lasted: float) -> tuple[datetime, datetime, datetime]:
        created = self.now - timedelta(seconds=ago)
        started = min(created + timedelta(seconds=waited), self.now)
        return created, started, min(started + timedelta(seconds=lasted), self.now)

    def _log(self, table: Logged, source: LogSource, begin: datetime | None, end: datetime | None) -> None:
        if not table.log and not table.log_file:
            return
        words = {**source.resource_labels, **source.labels, "project": self.world.project}
        words["execution"] = source.labels.get("run.googleapis.com/execution_name", "")
        lines = read_lines(self.scenario, table.log, table.log_file, words)
        last = end or self.now - timedelta(seconds=5)
        log_writer.write_spread(self.world, source, lines, begin=min(begin or last, last), end=last)
