"""`launch-control serve`: opens everything, answers until it is told to stop, closes everything in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import stamina
import structlog
from slack_bolt.async_app import AsyncApp

from bot.clients.slack import Outbox, SlackClient
from bot.clock import SystemClock
from bot.errors import BadInput, ServiceError
from bot.settings import Secrets, Settings
from bot.settings_file import load_secrets, load_settings
from bot.store import Store, open_store, take_lock
from bot.wiring import Clouds, open_clouds, open_launches, open_scanner
from handlers.actions import Actions
from handlers.announcer import SlackAnnouncer
from handlers.home import Home
from handlers.in_flight import InFlight
from handlers.launch import LaunchCommand
from handlers.listening import listen
from handlers.log_setup import set_up_logging
from handlers.logs import LogDesk
from handlers.machines import Machines
from handlers.monitor import MonitorCommand, Voice
from handlers.rows import RowDesk
from handlers.slack_app import Listeners, build_app, web_client
from handlers.speaker import Speaker

log = structlog.get_logger("serve")
# How long a bot that starts waits for a Slack that is away.
SLACK_SECONDS = 300.0
# A bot that was told to stop is gone before ten seconds are over.
END_SECONDS = 9.0


@dataclass(frozen=True, slots=True)
class Bot:
    """The running bot: its app, its store, its listeners at work, and the warm-up of its clients."""

    app: AsyncApp
    store: Store
    in_flight: InFlight
    warming: asyncio.Task[None]


async def run_bot(settings_path: Path, *, http: bool) -> int:
    """Runs the bot until SIGTERM or SIGINT; returns the exit code.

    Raises SettingsError for a wrong settings file, StoreError when the store cannot be used (or another
    bot uses it), BadInput when a token is missing or refused, ServiceError when Slack does not answer.
    """
    set_up_logging()
    settings, secret = load_settings(settings_path), load_secrets(os.environ)
    work = asyncio.create_task(_serve(settings, secret, http=http))
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, _stop, work)
    with contextlib.suppress(asyncio.CancelledError):
        await work
    return 0


async def _serve(settings: Settings, secret: Secrets, *, http: bool) -> None:
    async with serving(settings, secret, http=http):
        log.info("ready", mode="http" if http else "socket")
        await asyncio.Event().wait()


def _stop(work: asyncio.Task[None]) -> None:
    """Ends the bot, its start included; once, as a second signal must not cut the end short."""
    if not work.cancelling():
        log.info("stopping")
        work.cancel()
        # Whatever still waits for an outside system then: each step of a launch is written down before it.
        asyncio.get_running_loop().call_later(END_SECONDS, os._exit, 0)


@asynccontextmanager
async def serving(
    settings: Settings, secret: Secrets, *, http: bool = False
) -> AsyncIterator[tuple[Bot, str]]:
    """The bot, listening, with the store's lock held; gives it with its request URL ("" for Socket Mode).

    Raises what `run_bot` raises for secrets and store.
    """
    with take_lock(settings.store.url):
        async with (
            open_bot(settings, secret) as bot,
            listen(bot.app, bot.in_flight, settings, secret, http=http) as url,
        ):
            yield bot, url


@asynccontextmanager
async def open_bot(settings: Settings, secret: Secrets) -> AsyncIterator[Bot]:
    """The app with everything behind it; unfinished launches are taken up before anything new comes in."""
    store = await open_store(settings.store.url, SystemClock())
    outbox = Outbox(settings.slack.edits_per_minute)
    try:
        async with (
            open_clouds(settings, secret) as clouds,
            _answering(settings, secret, clouds, store, outbox) as bot,
        ):
            yield bot
    finally:
        await outbox.close()
        await store.close()


@asynccontextmanager
async def _answering(
    settings: Settings, secret: Secrets, clouds: Clouds, store: Store, outbox: Outbox
) -> AsyncIterator[Bot]:
    clock = SystemClock()
    client = web_client(settings, token=secret.slack_bot_token.get_secret_value())
    slack = SlackClient(
        client, posts_per_second=settings.slack.posts_per_second, post_burst=settings.slack.post_burst
    )
    team, bot_name = await _whoami(slack)
    speaker = Speaker(
        slack,
        store.workspaces,
        clock,
        team_id=team,
        refusal_hours=settings.timing.refusal_hours,
    )
    announcer = SlackAnnouncer(slack, speaker, outbox, clock, store.launches, bot_name=bot_name)
    machines = Machines(settings, store.launches)
    in_flight = InFlight()
    async with (
        open_scanner(settings, clouds, store) as scanner,
        open_launches(settings, clouds, store, announcer) as room,
    ):
        logs = LogDesk(settings, clock, clouds, store, slack, speaker)
        listeners = Listeners(
            launch=LaunchCommand(settings, clock, room.desk, announcer),
            monitor=MonitorCommand(
                settings, clock, scanner, Voice(slack, speaker, outbox, bot_name), store.threads, machines
            ),
            actions=Actions(room.desk, logs, RowDesk(settings, clock, clouds, store, room.desk)),
            home=Home(slack, room.desk, clock),
        )
        warming = asyncio.create_task(clouds.warm())
        resumed = await room.scheduler.start()
        log.info("launches taken up", launches=resumed)
        try:
            yield Bot(build_app(settings, secret, listeners, in_flight), store, in_flight, warming)
        finally:
            await in_flight.end()
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)


async def _whoami(slack: SlackClient) -> tuple[str, str]:
    """The workspace's id and the bot's name; a wrong token is found here, before anybody types."""
    try:
        async for attempt in stamina.retry_context(
            on=_passes, attempts=None, timeout=SLACK_SECONDS, wait_initial=0.5, wait_max=15.0
        ):
            with attempt:
                return await slack.whoami()
    except ServiceError as error:
        if error.problem.passing:
            raise
        raise BadInput(
            f"Slack refused the bot: {error.problem.message}. "
            "Set SLACK_BOT_TOKEN to the bot token of your installed app, such as xoxb-..."
        ) from error
    raise AssertionError("unreachable: the last attempt returns or raises")


def _passes(error: Exception) -> bool:
    return isinstance(error, ServiceError) and error.problem.passing
