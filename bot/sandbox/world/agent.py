"""The W&B Launch agent inside a Cloud Run execution, as the real one behaves.

It leases, claims before it submits, swallows errors (the item fails, the agent goes on polling), never frees
a slot on Python 3.11 and later, and leaves its items behind when it dies.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field

from bot.sandbox.world import agent_words, queues, wrapper
from bot.sandbox.world.agent_environment import region_of
from bot.sandbox.world.launch_spec import (
    VERTEX_NAMES,
    AgentSide,
    RefusedError,
    Submission,
    prepare,
    run_id_of,
)
from bot.sandbox.world.logbook import Line, tail
from bot.sandbox.world.names import new_agent_name
from bot.sandbox.world.scene import DiedError, Scene
from bot.sandbox.world.scripts import ENDED_JOB_STATES, LaunchScript
from bot.sandbox.world.state import SimJob, SimQueueItem
from bot.sandbox.world.vertex_rules import check_custom_job

HEARTBEAT_SECONDS = 300.0
_CONTEXT_LINES = 100
_WRAPPER_LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """What the agent was told on its command line; `max_jobs` is -1 for no limit, 1 by default."""

    queues: tuple[str, ...]
    entity: str
    max_jobs: int


def read_options(args: tuple[str, ...], default_entity: str) -> AgentOptions:
    """Read `-q/--queue`, `-e/--entity`, `-j/--max-jobs` as `wandb launch-agent` does; raises ValueError."""
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
    """One attempt's agent; `slots` hold its items, with their jobs once submitted."""

    scene: Scene
    group: asyncio.TaskGroup
    name: str = field(default_factory=new_agent_name)
    slots: dict[str, SimJob | None] = field(default_factory=dict)
    runs: int = 0
    _busy_at: float = 0.0
    _beat_at: float = 0.0

    async def work(self) -> None:
        """Polls until the container ends, which raises DiedError; with code 0 after too long an idle time."""
        scene = self.scene
        options = self._options()
        self.slots = {f"busy-{number}": None for number in range(scene.script.busy)}
        await scene.wait(scene.script.boot)
        self._check_queues(options)
        scene.say(agent_words.polling_line(self.name, options.queues, len(self.slots), options.max_jobs))
        while scene.age - self._busy_at < scene.script.idle_exit:
            await self._maybe_die("before_take")
            took = self._free(options) and await self._take(options)
            self._beat(options)
            await scene.wait(0.05 if took else scene.script.poll)
        scene.say(*wrapper.idle_lines(self.runs, scene.age))
        raise DiedError(0)

    def _options(self) -> AgentOptions:
        try:
            return read_options(self.scene.execution.args, self.scene.world.entity)
        except ValueError as error:
            self.scene.say(f"Error: Invalid value for '-j' / '--max-jobs': {error}")
            raise DiedError(2) from error

    def _check_queues(self, options: AgentOptions) -> None:
        world = self.scene.world
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
        self.scene.say(f"wandb: ERROR {text}")
        raise DiedError(1)

    def _free(self, options: AgentOptions) -> bool:
        if self.scene.script.frees_slots:
            ended = [item for item, job in self.slots.items() if job and job.state in ENDED_JOB_STATES]
            for item in ended:
                del self.slots[item]
        return options.max_jobs < 0 or len(self.slots) < options.max_jobs

    async def _take(self, options: AgentOptions) -> bool:
        for queue in options.queues:
            item = queues.lease(self.scene.world, queue, self.name)
            if item is not None:
                self.slots[item.item_id] = None
                self.scene.say(*agent_words.received_lines(item.item_id, item.spec))
                await self._maybe_die("after_lease")
                self.group.create_task(self._launch(item, options.entity))
                return True
        return False

    async def _launch(self, item: SimQueueItem, entity: str) -> None:
        """One item's way to its custom job, or to its failure."""
        script = self.scene.script_of(item)
        try:
            run_id = run_id_of(item.spec)
            await self.scene.wait(script.claim_after)
            self._claim(item, run_id)
            await self._maybe_die("after_claim")
            await self._submit(item, run_id, entity, script)
        except RefusedError as refused:
            await self._swallow(item, script, refused)

    def _claim(self, item: SimQueueItem, run_id: str) -> None:
        if not queues.claim(self.scene.world, item.item_id, run_id):
            raise RefusedError(
                "Error acking run queue item. Item may have already been acknowledged by another process",
                "CommError",
            )

    async def _submit(self, item: SimQueueItem, run_id: str, entity: str, script: LaunchScript) -> None:
        world, execution = self.scene.world, self.scene.execution
        if item.spec.get("resource") in VERTEX_NAMES:
            region_of(world.image_of(execution.job), execution.env)
        side = AgentSide(
            world.wandb_url,
            world.api_key,
            item.queue,
            entity,
            item.item_id,
            tuple(execution.env.items()),
        )
        submission = prepare(item.spec, run_id, side, world.now())
        await self.scene.wait(script.submit_after)
        while script.no_job:
            await self.scene.wait(60)
        if script.error:
            raise RefusedError(script.error, script.error_kind)
        check_custom_job(submission)
        job = self._create(submission, script)
        self.slots[item.item_id] = job
        await self._maybe_die("after_submit")

    def _create(self, submission: Submission, script: LaunchScript) -> SimJob:
        job = self.scene.train(submission, script)
        self.runs += 1
        self._busy_at = self.scene.age
        self.scene.say(*agent_words.created_lines(self.scene.world.project, job))
        self.scene.say(*wrapper.submitted_lines(self.runs, self.scene.age))
        return job

    async def _swallow(self, item: SimQueueItem, script: LaunchScript, refused: RefusedError) -> None:
        lines: tuple[Line | str, ...] = self.scene.error_lines(script) or agent_words.error_lines(refused)
        self.scene.say(*lines)
        queues.fail(self.scene.world, item.item_id, refused.text)
        self.slots.pop(item.item_id, None)
        if self.scene.script.bails_out:
            await self._bail_out()

    async def _bail_out(self) -> None:
        await self.scene.wait(_WRAPPER_LOOK_SECONDS)
        context = tail(self.scene.world, self.scene.execution, _CONTEXT_LINES)
        found = wrapper.fatal_match(context) or ("ERROR", "agent error")
        self.scene.say(*wrapper.bail_out_lines(found, context, self.runs, self.scene.age))
        raise DiedError(1)

    async def _maybe_die(self, moment: str) -> None:
        script = self.scene.script
        if script.dies != moment:
            return
        await self.scene.wait(script.dies_after)
        self.scene.say(*self.scene.last_words)
        raise DiedError(script.exit_code)

    def _beat(self, options: AgentOptions) -> None:
        if self.scene.age - self._beat_at < HEARTBEAT_SECONDS:
            return
        self._beat_at = self.scene.age
        self.scene.say(
            agent_words.polling_line(self.name, options.queues, len(self.slots), options.max_jobs),
            wrapper.heartbeat_line(self.runs, self.scene.age, self.scene.age - self._busy_at),
        )
