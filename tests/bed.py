"""The test bed: the real bot, in this process, against a whole sandbox over real sockets."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.models.launch import Launch, MessageRef
from bot.models.launch import Stage as Step
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.settings import TEAM_ID
from bot.sandbox.world.scenario import Scenario
from bot.sandbox.world.scenario_file import read_scenario
from bot.sandbox.world.scripts import LaunchScript
from bot.settings import Settings
from bot.settings.loader import load_secrets, load_settings
from bot.store import Store
from handlers.serve import Bot, serving

MANIFEST = Path(__file__).parents[1] / "manifest.yml"
# A scenario's clock runs this many times as fast as the product's in most tests.
SPEED = 20.0
# The waits that a scenario's speed does not divide; short enough for tests, long enough for a busy machine.
QUICK = {
    "scan_first": 0.6,
    "scan_limit": 2.0,
    "scan_cache_ttl": 0.5,
    "call": 5.0,
    "follow_first": 0.2,
    "follow_last": 0.5,
}
BRIEF = "PENDING 1 -> RUNNING 5 -> SUCCEEDED"
# Calls that change something outside.
EFFECTS = frozenset(
    {
        "pushToRunQueueByName",
        "pushToRunQueue",
        "deleteFromRunQueue",
        "stopRun",
        "RunJob",
        "CancelExecution",
        "CancelCustomJob",
        "CancelBuild",
    }
)
# How long a test waits at most for what must come.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Bed:
    """One running bot and everything around it."""

    stage: Sandbox
    settings_path: Path
    settings: Settings
    bot: Bot
    request_url: str

    @property
    def store(self) -> Store:
        return self.bot.store

    @property
    def slack(self) -> Any:
        return self.stage.slack

    @property
    def start(self) -> datetime:
        """Before everything in this test."""
        return datetime(2000, 1, 1, tzinfo=UTC)

    @property
    def team(self) -> str:
        """The workspace's id."""
        return TEAM_ID

    def command(self, text: str, *, user: str = "U0ALICE", channel: str = "#training") -> dict[str, Any]:
        """The payload of a command, as Slack sends it, not sent yet."""
        name, _, words = text.partition(" ")
        where = self.slack.world.directory.channel(channel)
        return Payloads(self.slack.world).command(user, where, name, words)

    def press_payload(
        self, message: Message, action_id: str, value: str, *, user: str = "U0ALICE"
    ) -> dict[str, Any]:
        """The payload of a press, as Slack sends it, not sent yet."""
        world = self.slack.world
        action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value}
        where = world.directory.channel(message.channel)
        return Payloads(world).message_action(user, where, message, action, {})

    async def deliver(self, kind: str, payload: dict[str, Any]) -> Outcome:
        """Sends one payload once, as it is."""
        outcome: Outcome = await self.slack._delivery.deliver(kind, payload)
        return outcome

    async def type(self, text: str, *, user: str = "alice", channel: str = "#training") -> Outcome:
        """Types a command and returns how it was acknowledged."""
        outcome: Outcome = await self.slack.type_text(user, channel, text)
        return outcome

    def shown(self, channel: str = "#training", *, reader: str = "alice") -> str:
        """The channel as text, with what only `reader` sees."""
        text: str = self.slack.render_text(channel, reader=reader)
        return text

    def notes(self, user: str = "alice") -> list[str]:
        """The private notes of a person, oldest first."""
        return [said(message) for message in self.slack.ephemerals(user)]

    async def until(self, happened: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Returns once `happened()` is true; asked at every change in Slack, and ten times a second."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not happened():
            if loop.time() > end:
                raise AssertionError(
                    f"It did not happen within {seconds:g} s:\n{self.shown()}\n{self.notes()}"
                )
            await asyncio.sleep(0.05)

    async def until_shown(self, words: str, channel: str = "#training", *, reader: str = "alice") -> None:
        """Returns once the channel, or a private note of `reader`, shows these words."""
        await self.until(lambda: words in self.shown(channel, reader=reader))

    async def finished(self, replies: int) -> None:
        """Returns once the newest monitor thread of #training has all its replies and is no more written."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        parents = [one for one in self.slack.messages("#training") if not one.is_reply]
        while True:
            thread = await self.store.threads.find(MessageRef(parents[-1].channel, parents[-1].ts))
            if thread is not None and thread.finished is not None and len(thread.replies) == replies:
                return
            if loop.time() > end:
                raise AssertionError(f"{thread}:\n{self.shown()}")
            await asyncio.sleep(0.05)

    async def launches(self) -> tuple[Launch, ...]:
        """Every launch of the store, oldest first."""
        newest_first = await self.store.launches.recent(since=self.start, limit=1000)
        return tuple(reversed(newest_first))

    async def settled(self, *verdicts: str) -> None:
        """Returns once the launches stand exactly so, oldest first, and all is done for them."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while await self.verdicts() != verdicts or any(
            launch.stage is not Step.DONE for launch in await self.launches()
        ):
            if loop.time() > end:
                raise AssertionError(f"{await self.verdicts()} and not {verdicts}:\n{self.shown()}")
            await asyncio.sleep(0.05)

    async def verdicts(self) -> tuple[str, ...]:
        """How the launches stand, oldest first."""
        return tuple(str(launch.verdict) for launch in await self.launches())

    def queued(self) -> list[str]:
        """The run ids of the items that were queued since the start."""
        early = {table.item_id for table in self.stage.scenario.item}
        return [
            item.associated_run_id or str(item.spec.get("run_id"))
            for key, item in self.stage.world.items.items()
            if key not in early
        ]

    def effects(self) -> dict[str, int]:
        """The calls that spend or stop something, counted where they arrived, by their name."""
        calls = self.stage.world.calls
        return {method: count for (_, method, _), count in sorted(calls.items()) if method in EFFECTS}

    def started(self) -> list[str]:
        """The runners that were started since the start."""
        early = {table.name for table in self.stage.scenario.execution}
        return [name for name in self.stage.world.executions if name not in early]


def said(message: Message) -> str:
    """Everything that a message says, blocks as JSON included."""
    return f"{message.body.get('text', '')}\n{json.dumps(message.body.get('blocks', []), ensure_ascii=False)}"


def scenario(name: str = "happy", *, speed: float = SPEED, **changes: Any) -> Scenario:
    """A scenario, made fast: its clock, and answers within 10 ms unless it says otherwise."""
    return read_scenario(name).model_copy(update={"speed": speed, "latency": {"*": 0.01}, **changes})


def brief() -> Scenario:
    """The happy day, with jobs that are over in no time: for tests that are about something else."""
    return scenario(launch=(LaunchScript.model_validate({"timeline": BRIEF}),))


def write_in(path: Path, table: str, **values: object) -> None:
    """Sets keys of a table in a settings file that Sandbox wrote."""
    text = path.read_text()
    for key in values:
        text = re.sub(rf"(\[{table}\]\n(?:(?!\[).*\n)*?){key} = .*\n", r"\1", text)
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    if f"[{table}]\n" in text:
        text = text.replace(f"[{table}]\n", f"[{table}]\n{lines}", 1)
    else:
        text = f"[{table}]\n{lines}\n{text}"
    path.write_text(text)


@asynccontextmanager
async def stage_on(
    played: Scenario | str = "happy",
    *,
    speed: float = SPEED,
    manifest: Path = MANIFEST,
    workspace: dict[str, Any] | None = None,
) -> AsyncIterator[tuple[Sandbox, Path]]:
    """A sandbox without a bot, and a folder for what a bot writes."""
    made = scenario(played, speed=speed) if isinstance(played, str) else played
    with tempfile.TemporaryDirectory(prefix="launch-control-test-") as folder:
        async with Sandbox(made, manifest=manifest, workspace=workspace) as stage:
            yield stage, Path(folder)


@asynccontextmanager
async def bot_on(
    played: Scenario | str = "",
    *,
    speed: float = SPEED,
    http: bool = False,
    slack: dict[str, object] | None = None,
    tables: dict[str, dict[str, object]] | None = None,
    manifest: Path = MANIFEST,
    workspace: dict[str, Any] | None = None,
    **timing: float,
) -> AsyncIterator[Bed]:
    """The bot at work in a scenario; `timing`, `slack` and `tables` set keys of its settings file.

    `workspace` replaces fields of the Slack workspace's own settings.
    """
    on = stage_on(played or brief(), speed=speed, manifest=manifest, workspace=workspace)
    async with on as (stage, folder):
        path = stage.write_settings(folder, **{**QUICK, **timing})
        write_in(path, "slack", http_port=0, **(slack or {}))
        for table, values in (tables or {}).items():
            write_in(path, table, **values)
        async with running(stage, path, http=http) as bed:
            yield bed


@asynccontextmanager
async def running(stage: Sandbox, path: Path, *, http: bool = False) -> AsyncIterator[Bed]:
    """The bot at work on a stage with a settings file; it leaves no task behind."""
    settings, secrets = load_settings(path), load_secrets(stage.environment())
    before = asyncio.all_tasks()
    async with serving(settings, secrets, http=http) as (bot, url):
        await bot.warming
        await stage.slack.use_http(url)
        if not url:
            await stage.slack.wait_until(lambda: stage.slack.connections >= settings.slack.sockets, PATIENCE)
        yield Bed(stage, path, settings, bot, url)
    await stage.slack.use_http("")
    await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() - before if not _of_the_sandbox(task)]
    assert [] == [repr(task) for task in left]


def _of_the_sandbox(task: asyncio.Task[Any]) -> bool:
    """Whether a task belongs to the stage, which lives on, or to a server connection of the loop's own."""
    return "/bot/sandbox/" in repr(task) or "aiohttp" in repr(task) or "grpc" in repr(task)
