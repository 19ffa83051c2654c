"""Plays a scenario: fills the world, and runs an agent in every execution that has one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Self

from bot.sandbox.world.execution_context import ExecutionContext
from bot.sandbox.world.launch_spec import Submission
from bot.sandbox.world.log_writer import Line
from bot.sandbox.world.populate import populate, read_lines
from bot.sandbox.world.runner import play_execution
from bot.sandbox.world.scenario import Scenario
from bot.sandbox.world.scripts import LaunchScript, RunnerScript
from bot.sandbox.world.state import SimExecution, SimJob, SimQueueItem
from bot.sandbox.world.trainer import Training, create_job
from bot.sandbox.world.world import World


class Player:
    """`async with Player(world, scenario)` fills the world and plays it until the block ends.

    On exit it stops all agents and jobs, and raises the first unexpected error of one.
    """

    def __init__(self, world: World, scenario: Scenario) -> None:
        self.world = world
        self.scenario = scenario
        self._tasks: set[asyncio.Task[None]] = set()
        self._errors: list[BaseException] = []
        self._started = 0
        self._early_items: frozenset[str] = frozenset()

    async def __aenter__(self) -> Self:
        populate(self.world, self.scenario)
        self._early_items = frozenset(self.world.items)
        self.world.on_execution.append(self._on_execution)
        for table in self.scenario.execution:
            if table.agent is not None:
                self._play(self.world.executions[table.name], table.agent)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.world.on_execution.remove(self._on_execution)
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._errors and error is None:
            raise self._errors[0]

    def _on_execution(self, execution: SimExecution) -> None:
        script = self.scenario.runner[min(self._started, len(self.scenario.runner) - 1)]
        self._started += 1
        self._play(execution, script)

    def _play(self, execution: SimExecution, script: RunnerScript) -> None:
        values = {"execution": execution.name, "region": execution.region, "project": self.world.project}
        context = ExecutionContext(
            self.world,
            execution,
            script,
            script_of=self._script_of,
            start_job=self._start_job,
            error_lines=lambda launch: read_lines(
                self.scenario, launch.error_log, launch.error_log_file, values
            ),
            exit_lines=read_lines(self.scenario, script.log, script.log_file, values),
        )
        self._spawn(play_execution(context))

    def _script_of(self, item: SimQueueItem) -> LaunchScript:
        """Return the script of an item by its position among those queued since the start.

        The last script repeats.
        """
        scripts = self.scenario.launch
        later = [item_id for item_id in self.world.items if item_id not in self._early_items]
        place = later.index(item.item_id) if item.item_id in later else 0
        return scripts[min(place, len(scripts) - 1)]

    def _start_job(self, submission: Submission, script: LaunchScript) -> SimJob:
        job = create_job(self.world, submission, script)
        values = {"job_id": job.job_id, "run_id": submission.run_id, "name": job.display_name}
        log: tuple[Line | str, ...] = read_lines(self.scenario, script.job_log, script.job_log_file, values)
        self._spawn(Training(self.world, job, submission, script, log).play())
        return job

    def _spawn(self, play: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(play)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._errors.append(error)
