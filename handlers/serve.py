"""`launch-control serve`: opens everything, answers until it is told to stop, closes everything in order."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from aiohttp import web
from bot.settings_file import load_secrets, load_settings
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot.clients.slack import Outbox, SlackClient
from bot.clock import SystemClock
from bot.errors import BadInput, ServiceError
from bot.settings import Secrets, Settings
from bot.store import Store, open_store, take_lock
from bot.wiring import Clouds, open_clouds, open_launches, open_scanner
from handlers.actions import Actions
from handlers.announcer import SlackAnnouncer
from handlers.home import Home
from handlers.launch import LaunchCommand
from handlers.log_setup import set_up_logging
from handlers.logs import LogDesk
from handlers.machines import Machines
from handlers.monitor import MonitorCommand, Voice
from handlers.slack_app import Listeners, build_app, web_client
from handlers.speaker import Speaker

log = structlog.get_logger("serve")


async def run_bot(settings_path: Path, *, http: bool) -> int:
    """Runs the bot until SIGTERM or SIGINT; returns the exit code.

    Raises SettingsError for a wrong settings file, StoreError when the store cannot be used (or another
    bot uses it), BadInput when a token is missing or refused.
    """
    set_up_logging()
    settings, secret = load_settings(settings_path), load_secrets(os.environ)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    with take_lock(settings.store.url):
        async with open_bot(settings, secret) as app, _listening(app, settings, secret, http=http):
            log.info("ready", mode="http" if http else "socket")
            await stop.wait()
            log.info("stopping")
    return 0


@asynccontextmanager
async def open_bot(settings: Settings, secret: Secrets) -> AsyncIterator[AsyncApp]:
    """The app with everything behind it; unfinished launches are taken up before anything new comes in."""
    clock = SystemClock()
    store = await open_store(settings.store.url, clock)
    outbox = Outbox(settings.slack.edits_per_minute)
    try:
        async with (
            open_clouds(settings, secret) as clouds,
            _answering(settings, secret, clouds, store, outbox) as app,
        ):
            yield app
    finally:
        await outbox.close()
        await store.close()


@asynccontextmanager
async def _answering(
    settings: Settings, secret: Secrets, clouds: Clouds, store: Store, outbox: Outbox
) -> AsyncIterator[AsyncApp]:
    clock = SystemClock()
    client = web_client(settings, secret)
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
    announcer = SlackAnnouncer(slack, speaker, outbox, clock, bot_name=bot_name)
    machines = Machines(settings, store.launches)
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
            actions=Actions(room.desk, logs),
            home=Home(slack, room.desk, clock),
        )
        warming = asyncio.create_task(clouds.warm())
        resumed = await room.scheduler.start()
        log.info("launches taken up", launches=resumed)
        try:
            yield build_app(client, secret, listeners)
        finally:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)


async def _whoami(slack: SlackClient) -> tuple[str, str]:
    """The workspace's id and the bot's name; a wrong token is found here, before anybody types."""
    try:
        return await slack.whoami()
    except ServiceError as error:
        raise BadInput(
            f"Slack refused the bot: {error.problem.message}. "
            "Set SLACK_BOT_TOKEN to the bot token of your installed app, such as xoxb-..."
        ) from error


@asynccontextmanager
async def _listening(
    app: AsyncApp, settings: Settings, secret: Secrets, *, http: bool
) -> AsyncIterator[None]:
    if http:
        async with _http(app, settings):
            yield
    else:
        async with _sockets(app, settings, secret):
            yield


@asynccontextmanager
async def _http(app: AsyncApp, settings: Settings) -> AsyncIterator[None]:
    runner = web.AppRunner(app.web_app(path="/slack/events"), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.slack.http_host, settings.slack.http_port).start()
        log.info("listening", addresses=[str(address) for address in runner.addresses])
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _sockets(app: AsyncApp, settings: Settings, secret: Secrets) -> AsyncIterator[None]:
    """Several connections, so that one that breaks loses no command while it comes back."""
    token = secret.slack_app_token.get_secret_value()
    if not token:
        raise BadInput(
            "SLACK_APP_TOKEN is not set. Socket Mode needs the app-level token, such as xapp-1-..."
        )
    handlers = [
        AsyncSocketModeHandler(app, token, ping_interval=settings.slack.ping_seconds)
        for _ in range(settings.slack.sockets)
    ]
    try:
        for handler in handlers:
            await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        yield
    finally:
        closing = [handler.close_async() for handler in handlers]  # type: ignore[no-untyped-call]  # the same
        await asyncio.gather(*closing, return_exceptions=True)
