"""The context of one execution for a runner and its agent: scripts, log and waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.world.launch_spec import Submission
from bot.sandbox.world.log_writer import Line, runner_source, write
from bot.sandbox.world.scripts import LaunchScript, RunnerScript
from bot.sandbox.world.state import SimExecution, SimJob, SimQueueItem
from bot.sandbox.world.waiting import wait_while
from bot.sandbox.world.world import World


class ContainerExitError(Exception):
    """The container ended with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit {code}")
        self.code = code


@dataclass(slots=True)
class ExecutionContext:
    """One execution in its world.

    `script_of` returns the script of an item's launch, `start_job` starts the custom job of a submission,
    `exit_lines` are the lines that a dying runner writes to its log.
    """

    world: World
    execution: SimExecution
    script: RunnerScript
    script_of: Callable[[SimQueueItem], LaunchScript]
    start_job: Callable[[Submission, LaunchScript], SimJob]
    error_lines: Callable[[LaunchScript], tuple[Line | str, ...]]
    exit_lines: tuple[Line | str, ...] = ()
    _started_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def start_attempt(self) -> None:
        """Start a new attempt."""
        self._started_at = asyncio.get_running_loop().time()

    @property
    def age(self) -> float:
        """The attempt's age in scenario seconds."""
        return (asyncio.get_running_loop().time() - self._started_at) * self.world.speed

    def log(self, *lines: Line | str) -> None:
        """Write lines to the execution's log."""
        write(self.world, runner_source(self.world, self.execution), lines)

    async def wait(self, seconds: float) -> None:
        """Wait for scenario seconds; raise ContainerExitError if the execution was cancelled meanwhile."""
        if not await wait_while(self.world, seconds, lambda: self.execution.state == "running"):
            raise ContainerExitError(143)
