"""A Cloud Run execution that runs the agent: its start, its attempts, its time limit, its end."""

from __future__ import annotations

import asyncio

from bot.sandbox.world import wrapper
from bot.sandbox.world.agent import Agent
from bot.sandbox.world.pace import lasts
from bot.sandbox.world.scene import DiedError, Scene


async def play_execution(scene: Scene) -> None:
    """Plays an execution to its end; a cancelled one just stops."""
    execution, world = scene.execution, scene.world
    if execution.state == "pending":
        if not await lasts(world, scene.script.start_delay, lambda: execution.state == "pending"):
            return
        execution.state, execution.started = "running", world.now()
        scene.say(*wrapper.start_lines(int(scene.script.idle_exit // 60)))
    code = await _attempt(scene)
    while execution.state == "running" and code and execution.retries < execution.max_retries:
        execution.retries += 1
        scene.say(*wrapper.start_lines(int(scene.script.idle_exit // 60)))
        code = await _attempt(scene)
    if execution.state != "running":
        return
    execution.exit_code, execution.ended = code, world.now()
    execution.state = "failed" if code else "succeeded"
    if code:
        execution.message = (
            f"Task {execution.name}-task0 failed with message: The container exited with an error."
        )


async def _attempt(scene: Scene) -> int:
    """One attempt; returns the container's exit code."""
    scene.begin()
    limit = scene.execution.timeout_seconds
    code = 0
    try:
        async with asyncio.timeout(scene.world.seconds(limit)):
            async with asyncio.TaskGroup() as group:
                await Agent(scene, group).work()
    except* DiedError as died:
        code = _first_code(died)
    except* TimeoutError:
        scene.say(f"Terminating task because it has reached the maximum timeout of {limit} seconds.")
        code = 1
    if code and scene.execution.state == "running":
        scene.say(f"Container called exit({code}).")
    return code


def _first_code(died: BaseExceptionGroup[DiedError]) -> int:
    first = died.exceptions[0]
    return first.code if isinstance(first, DiedError) else _first_code(first)
