"""What a runner and its agent need of the play around them, and how they speak and wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.world.launch_spec import Submission
from bot.sandbox.world.logbook import Line, runner_voice, write
from bot.sandbox.world.pace import lasts
from bot.sandbox.world.scripts import LaunchScript, RunnerScript
from bot.sandbox.world.state import SimExecution, SimJob, SimQueueItem
from bot.sandbox.world.world import World


class DiedError(Exception):
    """The container ends with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit {code}")
        self.code = code


@dataclass(slots=True)
class Scene:
    """One execution in its world.

    `script_of` says how an item's launch goes, `train` starts the custom job of a submission,
    `last_words` are the lines that the script gives a dying runner.
    """

    world: World
    execution: SimExecution
    script: RunnerScript
    script_of: Callable[[SimQueueItem], LaunchScript]
    train: Callable[[Submission, LaunchScript], SimJob]
    error_lines: Callable[[LaunchScript], tuple[Line | str, ...]]
    last_words: tuple[Line | str, ...] = ()
    _born: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def begin(self) -> None:
        """A new attempt begins."""
        self._born = asyncio.get_running_loop().time()

    @property
    def age(self) -> float:
        """The attempt's age in scenario seconds."""
        return (asyncio.get_running_loop().time() - self._born) * self.world.speed

    def say(self, *lines: Line | str) -> None:
        """Write lines to the execution's log."""
        write(self.world, runner_voice(self.world, self.execution), lines)

    async def wait(self, seconds: float) -> None:
        """Wait scenario seconds; raises DiedError when the execution was cancelled meanwhile."""
        if not await lasts(self.world, seconds, lambda: self.execution.state == "running"):
            raise DiedError(143)
