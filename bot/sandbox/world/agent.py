"""Simulates the W&B Launch agent in a Cloud Run execution.

Like the real agent, it leases and claims items before it submits, swallows errors (the item fails, the
agent continues to poll), never frees a slot on Python 3.11 and later, and leaves its items behind when it
dies.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field

from bot.sandbox.world import agent_output, queues, wrapper
from bot.sandbox.world.agent_environment import region_of
from bot.sandbox.world.execution_context import ContainerExitError, ExecutionContext
from bot.sandbox.world.launch_spec import (
    VERTEX_NAMES,
    AgentEnvironment,
    RefusedError,
    Submission,
    prepare,
    run_id_of,
)
from bot.sandbox.world.log_writer import Line, tail
from bot.sandbox.world.names import new_agent_name
from bot.sandbox.world.scripts import ENDED_JOB_STATES, LaunchScript
from bot.sandbox.world.state import SimJob, SimQueueItem
from bot.sandbox.world.vertex_rules import check_custom_job

HEARTBEAT_SECONDS = 300.0
_CONTEXT_LINES = 100
_WRAPPER_CHECK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """The agent's command-line options; `max_jobs` is 1 by default and -1 without limit."""

    queues: tuple[str, ...]
    entity: str
    max_jobs: int


def read_options(args: tuple[str, ...], default_entity: str) -> AgentOptions:
    """Parse `-q/--queue`, `-e/--entity`, `-j/--max-jobs` like `wandb launch-agent`.

    Raise ValueError if invalid.
    """
    names: list[str] = []
    entity, most = default_entity, 1
    words = [part for word in args for part in (word.split("=", 1) if word.startswith("--") else [word])]
    for option, value in itertools.pairwise(words):
        if option in ("-q", "--queue"):
            names.append(value)
        elif option in ("-e", "--entity"):
            entity = value
        elif option in ("-j", "--max-jobs"):
            most = int(value)
    return AgentOptions(tuple(names) or ("default",), entity, most)


@dataclass(slots=True)
class Agent:
    """The agent of one attempt; `slots` holds its items, with their jobs once submitted."""

    context: ExecutionContext
    group: asyncio.TaskGroup
    name: str = field(default_factory=new_agent_name)
    slots: dict[str, SimJob | None] = field(default_factory=dict)
    runs: int = 0
    _busy_at: float = 0.0
    _heartbeat_at: float = 0.0

    async def work(self) -> None:
        """Poll until the container ends, which raises ContainerExitError.

        The exit code is 0 after `idle_exit` seconds without a job.
        """
        context = self.context
        options = self._options()
        self.slots = {f"busy-{number}": None for number in range(context.script.busy)}
        await context.wait(context.script.boot)
        self._check_queues(options)
        context.log(agent_output.polling_line(self.name, options.queues, len(self.slots), options.max_jobs))
        while context.age - self._busy_at < context.script.idle_exit:
            await self._maybe_die("before_take")
            taken = self._has_free_slot(options) and await self._take(options)
            self._heartbeat(options)
            await context.wait(0.05 if taken else context.script.poll)
        context.log(*wrapper.idle_lines(self.runs, context.age))
        raise ContainerExitError(0)

    def _options(self) -> AgentOptions:
        try:
            return read_options(self.context.execution.args, self.context.world.entity)
        except ValueError as error:
            self.context.log(f"Error: Invalid value for '-j' / '--max-jobs': {error}")
            raise ContainerExitError(2) from error

    def _check_queues(self, options: AgentOptions) -> None:
        world = self.context.world
        if options.entity != world.entity:
            self._fail_start(
                f"Error fetching run queues for {options.entity} "
                "check that you have access to this entity and project"
            )
        if missing := [name for name in options.queues if name not in world.queues]:
            self._fail_start(
                f"Could not start launch agent: Not all of requested queues ({', '.join(missing)}) found. "
                f"Available queues for this project: {','.join(world.queues)}"
            )

    def _fail_start(self, text: str) -> None:
        self.context.log(f"wandb: ERROR {text}")
        raise ContainerExitError(1)

    def _has_free_slot(self, options: AgentOptions) -> bool:
        if self.context.script.frees_slots:
            ended = [item for item, job in self.slots.items() if job and job.state in ENDED_JOB_STATES]
            for item in ended:
                del self.slots[item]
        return options.max_jobs < 0 or len(self.slots) < options.max_jobs

    async def _take(self, options: AgentOptions) -> bool:
        for queue in options.queues:
            item = queues.lease(self.context.world, queue, self.name)
            if item is not None:
                self.slots[item.item_id] = None
                self.context.log(*agent_output.received_lines(item.item_id, item.spec))
                await self._maybe_die("after_lease")
                self.group.create_task(self._launch(item, options.entity))
                return True
        return False

    async def _launch(self, item: SimQueueItem, entity: str) -> None:
        """Submit the custom job of one item, or mark the item as failed."""
        script = self.context.script_of(item)
        try:
            run_id = run_id_of(item.spec)
            await self.context.wait(script.claim_after)
            self._claim(item, run_id)
            await self._maybe_die("after_claim")
            await self._submit(item, run_id, entity, script)
        except RefusedError as refused:
            await self._report_error(item, script, refused)

    def _claim(self, item: SimQueueItem, run_id: str) -> None:
        if not queues.claim(self.context.world, item.item_id, run_id):
            raise RefusedError(
                "Error acking run queue item. Item may have already been acknowledged by another process",
                "CommError",
            )

    async def _submit(self, item: SimQueueItem, run_id: str, entity: str, script: LaunchScript) -> None:
        world, execution = self.context.world, self.context.execution
        if item.spec.get("resource") in VERTEX_NAMES:
            region_of(world.image_of(execution.job), execution.env)
        agent = AgentEnvironment(
            world.wandb_url,
            world.api_key,
            item.queue,
            entity,
            item.item_id,
            tuple(execution.env.items()),
        )
        submission = prepare(item.spec, run_id, agent, world.now())
        await self.context.wait(script.submit_after)
        while script.no_job:
            await self.context.wait(60)
        if script.error:
            raise RefusedError(script.error, script.error_kind)
        check_custom_job(submission)
        job = self._create(submission, script)
        self.slots[item.item_id] = job
        await self._maybe_die("after_submit")

    def _create(self, submission: Submission, script: LaunchScript) -> SimJob:
        job = self.context.start_job(submission, script)
        self.runs += 1
        self._busy_at = self.context.age
        self.context.log(*agent_output.created_lines(self.context.world.project, job))
        self.context.log(*wrapper.submitted_lines(self.runs, self.context.age))
        return job

    async def _report_error(self, item: SimQueueItem, script: LaunchScript, refused: RefusedError) -> None:
        lines: tuple[Line | str, ...] = self.context.error_lines(script) or agent_output.error_lines(refused)
        self.context.log(*lines)
        queues.fail(self.context.world, item.item_id, refused.text)
        self.slots.pop(item.item_id, None)
        if self.context.script.bails_out:
            await self._bail_out()

    async def _bail_out(self) -> None:
        await self.context.wait(_WRAPPER_CHECK_SECONDS)
        last_lines = tail(self.context.world, self.context.execution, _CONTEXT_LINES)
        found = wrapper.fatal_match(last_lines) or ("ERROR", "agent error")
        self.context.log(*wrapper.bail_out_lines(found, last_lines, self.runs, self.context.age))
        raise ContainerExitError(1)

    async def _maybe_die(self, moment: str) -> None:
        script = self.context.script
        if script.dies != moment:
            return
        await self.context.wait(script.dies_after)
        self.context.log(*self.context.exit_lines)
        raise ContainerExitError(script.exit_code)

    def _heartbeat(self, options: AgentOptions) -> None:
        if self.context.age - self._heartbeat_at < HEARTBEAT_SECONDS:
            return
        self._heartbeat_at = self.context.age
        self.context.log(
            agent_output.polling_line(self.name, options.queues, len(self.slots), options.max_jobs),
            wrapper.heartbeat_line(self.runs, self.context.age, self.context.age - self._busy_at),
        )
