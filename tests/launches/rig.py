"""One bot's launches without its scheduler: real clients and store against the stand-ins, time by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.clients.google import GoogleCloud
from bot.clients.slack import EditQueue, SlackClient
from bot.clients.wandb import Wandb
from bot.diagnosis import RULES
from bot.launches.context import Dependencies
from bot.launches.poller import LaunchPoller
from bot.launches.requests import LaunchRequest
from bot.launches.service import LaunchService
from bot.launches.state_machine import advance
from bot.logs.diagnosing_reader import LogDiagnoser
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import Launch, Stage
from bot.ports import LogScope
from bot.sandbox.bot_settings import settings_text
from bot.sandbox.google.servers import GoogleServers
from bot.sandbox.slack.server import SlackWorkspace
from bot.sandbox.slack.settings import SlackSettings
from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world.names import new_job_id
from bot.sandbox.world.populate import populate
from bot.sandbox.world.scenario import Scenario
from bot.sandbox.world.state import Fault, SimExecution, SimJob, SimQueueItem, SimRun
from bot.sandbox.world.world import World
from bot.settings.loader import load_secrets, load_settings
from bot.store import Store, open_store
from handlers.app import web_client
from handlers.slack.launch_notifier import SlackLaunchNotifier
from handlers.slack.poster import MessagePoster

API_KEY = "5a" * 20
ALICE, CHANNEL = "U0ALICE", "C0TRAINING"
# Calls to a stand-in in this process are quick; a fault that hangs is given up after this many seconds.
TIMING = {"call": 2.5, "retry": 0.01}
TURNS = 300  # more turns than any launch needs: a launch that takes them all goes round in circles


class HandClock:
    """Time that moves when a test says so; it begins at the machine's."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def wait(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class HandWorld(World):
    """A world whose servers live by the same time."""

    clock: HandClock

    def now(self) -> datetime:
        return self.clock.now()


class Rig:
    """Everything around `advance`; `bring_up` is a process's start, and can be called again after a crash."""

    def __init__(self, folder: Path, world: HandWorld, slack: SlackWorkspace) -> None:
        self.folder = folder
        self.world = world
        self.slack = slack
        self.clock = world.clock
        self.settings: Any = None
        self.tools: Any = None
        self.store: Any = None
        self.service: Any = None
        self.asked = 0

    async def launch(self, text: str = "", **changes: Any) -> Launch:
        """Stores one request to launch."""
        self.asked += 1
        request = LaunchRequest(
            trigger_id=f"trigger-{self.asked}",
            team_id="T0",
            channel_id=CHANNEL,
            user_id=ALICE,
            user_name="alice",
            text=text or f"bert-small #{self.asked}",
            preset="bert-small",
            overrides=(),
        )
        added = await self.service.submit(replace(request, **changes))
        launch: Launch = added.launch
        return launch

    async def read(self, launch: Launch) -> Launch:
        found: Launch = await self.store.launches.get(launch.launch_id)
        return found

    async def turn(self, launch: Launch) -> Launch:
        """The launch after its next turn; time goes on to when it is due."""
        now = await self.read(launch)
        self.clock.time = max(self.clock.time, now.due)
        return await advance(now, self.tools)

    async def until(
        self, launch: Launch, reached: Callable[[Launch], object], *, acts: bool = True
    ) -> Launch:
        """The launch once `reached` holds for it; between its turns the world acts as agents and jobs do."""
        for _ in range(TURNS):
            now = await self.turn(launch)
            if reached(now):
                return now
            if acts:
                self.act()
        raise AssertionError(f"It never came to that: {now}")

    async def to_stage(self, launch: Launch, stage: Stage, *, acts: bool = False) -> Launch:
        return await self.until(launch, lambda now: now.stage is stage, acts=acts)

    async def to_end(self, launch: Launch, *, acts: bool = True) -> Launch:
        return await self.until(launch, lambda now: now.stage is Stage.DONE, acts=acts)

    async def pass_by(self, launch: Launch, seconds: float) -> Launch:
        """The launch after all its turns of so many seconds."""
        end = self.clock.time + timedelta(seconds=seconds)
        now = await self.read(launch)
        while now.due <= end and now.stage is not Stage.DONE:
            now = await self.turn(launch)
        self.clock.time = end
        return now

    # The world

    def act(self, *, end_jobs: bool = True) -> None:
        """One moment: runners start, pending items become jobs, and jobs run to their end."""
        for execution in self.world.executions.values():
            if execution.state == "pending":
                execution.state, execution.started = "running", self.world.now()
        for job in self.world.jobs.values():
            if job.state == "RUNNING" and end_jobs:
                self.end_job(job)
        if any(execution.state == "running" for execution in self.world.executions.values()):
            for item in self.pending():
                self.make_job(item)

    def pending(self) -> list[SimQueueItem]:
        return [item for item in self.world.items.values() if item.state == "PENDING" and not item.removed]

    def items(self, launch: Launch) -> list[SimQueueItem]:
        """Every item that was ever queued for this launch."""
        return [item for item in self.world.items.values() if item.spec.get("run_id") == launch.launch_id]

    def item(self, launch: Launch) -> SimQueueItem:
        (only,) = self.items(launch)
        return only

    def started(self, launch: Launch) -> list[SimExecution]:
        """Every runner that was ever started for this launch."""
        return [one for one in self.world.executions.values() if one.env.get("LAUNCH_ID") == launch.launch_id]

    def make_job(self, item: SimQueueItem, state: str = "RUNNING") -> SimJob:
        """What an agent does with an item."""
        run_id = str(item.spec["run_id"])
        item.state, item.associated_run_id = "CLAIMED", run_id
        now = self.world.now()
        job = SimJob(
            new_job_id(),
            self.world.vertex_region,
            str(item.spec["name"]),
            state,
            now,
            {"wandb-run-id": run_id},
        )
        job.started = now
        self.world.jobs[job.job_id] = job
        return job

    def end_job(self, job: SimJob, state: str = "SUCCEEDED") -> None:
        job.state, job.ended = state, self.world.now()
        run_id = job.labels["wandb-run-id"]
        rows = [{"_step": float(step), "train/loss": 2.0 / (step + 1)} for step in range(20)]
        self.world.runs[run_id] = SimRun(
            run_id, job.display_name, "finished", "alice", self.world.now(), self.world.now(),
            summary=dict(rows[-1]), history=rows,
        )  # fmt: skip

    def add_runner(self, name: str, **changes: Any) -> SimExecution:
        """A runner that is there already, listening to the launch's queue unless told otherwise."""
        now = self.world.now()
        execution = SimExecution(name, "vertex-ai-launcher", "us-central1", "running", now, started=now)
        execution.args = self.world.runner_args["vertex-ai-launcher"]
        for key, value in changes.items():
            setattr(execution, key, value)
        self.world.executions[name] = execution
        return execution

    def end_runner(self, execution: SimExecution, code: int = 1) -> None:
        execution.state, execution.ended = ("failed" if code else "succeeded"), self.world.now()
        execution.exit_code = code

    def hide_from_listings(self, execution: SimExecution) -> None:
        """What a listing that lags behind does: the execution can be asked for by name only."""
        executions = self.world.executions
        self.world.executions = _Lagging(executions, execution.name)

    def fault(self, service: str, method: str, **fault: Any) -> Fault:
        made = Fault(service=service, method=method, **fault)
        self.world.faults.append(made)
        return made

    def calls(self, method: str) -> int:
        return sum(count for (_, name, _), count in self.world.calls.items() if name == method)

    # People

    def cards(self) -> list[Any]:
        return [one for one in self.slack.world.messages.of(CHANNEL) if not one.is_reply]

    def replies(self, launch: Launch) -> list[Any]:
        """The closing replies of a launch."""
        return [
            one
            for one in self.slack.world.messages.of(CHANNEL)
            if _tags(one) == (launch.launch_id, "closing")
        ]

    def thread(self) -> str:
        text: str = self.slack.render_text("#training")
        return text

    async def cancel(self, launch: Launch) -> Launch:
        asked: Launch = await self.service.cancel(launch.launch_id, user_id=ALICE, user_name="alice")
        return asked


class _Lagging(dict[str, SimExecution]):
    """Executions of which one is not listed yet."""

    def __init__(self, executions: dict[str, SimExecution], hidden: str) -> None:
        super().__init__(executions)
        self._hidden = hidden

    def values(self) -> Any:
        return [one for name, one in self.items() if name != self._hidden]


def _tags(message: Any) -> tuple[str, str]:
    payload = (message.body.get("metadata") or {}).get("event_payload") or {}
    return str(payload.get("launch_id", "")), str(payload.get("kind", ""))


@asynccontextmanager
async def rig_in(folder: Path, *, slack: SlackSettings | None = None, **timing: float) -> AsyncIterator[Rig]:
    """A rig with its stand-ins and one process brought up."""
    scenario, world = Scenario(title="by hand", latency={"*": 0.0}), HandWorld()
    world.clock = HandClock()
    populate(world, scenario)
    chat = replace(slack or SlackSettings(rate_limits=False), now=lambda: world.now().timestamp())
    async with AsyncExitStack() as stack:
        workspace = SlackWorkspace(chat)
        await workspace.start()
        stack.push_async_callback(workspace.close)
        google, wandb = (
            GoogleServers(world),
            WandbServer(world, api_key=API_KEY, entity=scenario.entity, project=scenario.wandb_project),
        )
        await google.start()
        stack.push_async_callback(google.close)
        await wandb.start()
        stack.push_async_callback(wandb.close)
        path = folder / "settings.toml"
        path.write_text(
            settings_text(
                scenario,
                slack_url=workspace.api_url.rstrip("/"),
                wandb_url=wandb.url,
                google=google.endpoints,
                people=(ALICE, "U0BOB"),
                channels=(CHANNEL, "C0RANDOM"),
                store=folder / "store.db",
                timing={**TIMING, **timing},
            )
            # Tests ask for as many launches as they need; the limits have tests of their own.
            .replace(
                "[slack]\n",
                '[limits]\nin_flight = "unlimited"\nin_flight_per_person = "unlimited"\n[slack]\n',
                1,
            )
            .replace("[slack]\n", "[slack]\nposts_per_second = 1000\nedits_per_minute = 60000\n", 1)
        )
        rig = Rig(folder, world, workspace)
        rig.settings = load_settings(path)
        secrets = load_secrets({"WANDB_API_KEY": API_KEY, "SLACK_BOT_TOKEN": workspace.bot_token})
        clients = GoogleCloud(rig.settings), Wandb(rig.settings, secrets)
        for client in clients:
            stack.push_async_callback(client.close)
        async with _process(
            rig, clients, web_client(rig.settings, token=secrets.slack_bot_token.get_secret_value())
        ):
            yield rig


@asynccontextmanager
async def _process(rig: Rig, clients: tuple[GoogleCloud, Wandb], web: Any) -> AsyncIterator[None]:
    edit_queue = EditQueue(rig.settings.slack.edits_per_minute)
    rig.store = await open_store(rig.settings.store.url, rig.clock)
    try:
        rig.tools = make_tools(rig, clients, web, edit_queue)
        rig.service = LaunchService(
            rig.settings, rig.clock, rig.store.launches, rig.store.audit, lambda _: None
        )
        yield
    finally:
        await edit_queue.close()
        await rig.store.close()


class NoLogs:
    """Logs that nobody may read: a launch that fails hundreds of times would use up the minute's reads."""

    async def read(self, scope: LogScope, **_: Any) -> Any:  # noqa: ARG002 - the port's signature
        raise ServiceError(Problem(ProblemKind.DENIED, "Cloud Logging", "permission denied"))

    def console_url(self, scope: LogScope) -> str:  # noqa: ARG002 - the port's signature
        return ""


def make_tools(rig: Rig, clients: tuple[GoogleCloud, Wandb], web: Any, edit_queue: EditQueue) -> Dependencies:
    google, tracker = clients
    store: Store = rig.store
    slack = SlackClient(web, posts_per_second=1000, post_burst=1000)
    poster = MessagePoster(slack, store.workspaces, rig.clock, team_id="T0", refusal_hours=1)
    return Dependencies(
        settings=rig.settings,
        clock=rig.clock,
        launches=store.launches,
        tracker=tracker,
        runners=google.runners,
        jobs=google.jobs,
        poller=LaunchPoller(rig.settings, rig.clock, google.jobs, google.runners, tracker),
        reader=LogDiagnoser(google.logs, RULES, before=20, after=80),
        notifier=SlackLaunchNotifier(
            slack, poster, edit_queue, rig.clock, store.launches, bot_name="launch-control"
        ),
        audit=store.audit,
    )
