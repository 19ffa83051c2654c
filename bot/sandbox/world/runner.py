"""Simulates a Cloud Run execution of the agent: start, attempts, time limit and end."""

from __future__ import annotations

import asyncio

from bot.sandbox.world import wrapper
from bot.sandbox.world.agent import Agent
from bot.sandbox.world.execution_context import ContainerExitError, ExecutionContext
from bot.sandbox.world.waiting import wait_while


async def play_execution(context: ExecutionContext) -> None:
    """Run an execution to its end; return at once when it is cancelled."""
    execution, world = context.execution, context.world
    if execution.state == "pending":
        if not await wait_while(world, context.script.start_delay, lambda: execution.state == "pending"):
            return
        execution.state, execution.started = "running", world.now()
        context.log(*wrapper.start_lines(int(context.script.idle_exit // 60)))
    code = await _attempt(context)
    while execution.state == "running" and code and execution.retries < execution.max_retries:
        execution.retries += 1
        context.log(*wrapper.start_lines(int(context.script.idle_exit // 60)))
        code = await _attempt(context)
    if execution.state != "running":
        return
    execution.exit_code, execution.ended = code, world.now()
    execution.state = "failed" if code else "succeeded"
    if code:
        execution.message = (
            f"Task {execution.name}-task0 failed with message: The container exited with an error."
        )


async def _attempt(context: ExecutionContext) -> int:
    """Run one attempt; return the container's exit code."""
    context.start_attempt()
    limit = context.execution.timeout_seconds
    code = 0
    try:
        async with asyncio.timeout(context.world.seconds(limit)):
            async with asyncio.TaskGroup() as group:
                await Agent(context, group).work()
    except* ContainerExitError as died:
        code = _first_code(died)
    except* TimeoutError:
        context.log(f"Terminating task because it has reached the maximum timeout of {limit} seconds.")
        code = 1
    if code and context.execution.state == "running":
        context.log(f"Container called exit({code}).")
    return code


def _first_code(died: BaseExceptionGroup[ContainerExitError]) -> int:
    first = died.exceptions[0]
    return first.code if isinstance(first, ContainerExitError) else _first_code(first)
