"""`launch-control serve`: opens all components, runs until a signal, and closes them in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import stamina
import structlog
from slack_bolt.async_app import AsyncApp

from bot.app import ExternalClients, make_external_clients, open_launch_components, open_scanner
from bot.clients.slack import EditQueue, SlackClient
from bot.models.errors import BadInput, ServiceError
from bot.models.workspace import Workspace
from bot.runtime.clock import SystemClock
from bot.runtime.shutdown import BUDGETS, SHUTDOWN_SECONDS, Phase, run_phase
from bot.settings import Secrets, Settings
from bot.settings.loader import load_secrets, load_settings
from bot.store import Store, open_store, take_lock
from handlers.actions.cancel_row import RowCanceller
from handlers.actions.launch_buttons import Actions
from handlers.actions.show_log import LogActions
from handlers.app import Listeners, build_app, web_client
from handlers.commands.launch import LaunchCommand
from handlers.commands.monitor import MonitorCommand
from handlers.events.app_home import Home
from handlers.logging_config import set_up_logging
from handlers.slack.launch_notifier import SlackLaunchNotifier
from handlers.slack.middleware import ListenerTracker
from handlers.slack.monitor_thread import MachineTypes, SlackOutput
from handlers.slack.poster import MessagePoster
from handlers.slack.transport import listen

log = structlog.get_logger("serve")
# Seconds that the bot waits for Slack at start.
SLACK_SECONDS = 300.0
# Threads that diagnose logs yield to the event loop after this time. An ack needs about ten such switches,
# which at Python's default of 5 ms took most of its time
# (https://docs.python.org/3/library/sys.html#sys.setswitchinterval).
SWITCH_SECONDS = 0.0005


@dataclass(frozen=True, slots=True)
class Bot:
    """The running bot: its app, its store, its running listeners, and the warm-up of its clients.

    The warm-up starts when `listening` is set, so that it does not delay the first connection.
    """

    app: AsyncApp
    store: Store
    tracker: ListenerTracker
    warming: asyncio.Task[None]
    listening: asyncio.Event


def serve(settings_path: Path, *, http: bool) -> NoReturn:
    """Run the bot until SIGTERM or SIGINT, then end the process with exit code 0.

    Raise SettingsError for a wrong settings file, StoreError when the store cannot be used (or another
    bot uses it), BadInput when a token is missing or refused, ServiceError when Slack does not respond.
    """
    set_up_logging()
    receiving = "SLACK_SIGNING_SECRET" if http else "SLACK_APP_TOKEN"
    needed = ("SLACK_BOT_TOKEN", receiving, "WANDB_API_KEY")
    settings, secret = load_settings(settings_path), load_secrets(os.environ, needed=needed)
    sys.setswitchinterval(SWITCH_SECONDS)
    asyncio.run(_run_until_signal(settings, secret, http=http))
    log.info("stopped")
    # The interpreter would still wait for threads in which the wandb library hangs.
    _exit()


async def _run_until_signal(settings: Settings, secret: Secrets, *, http: bool) -> None:
    work = asyncio.create_task(_serve(settings, secret, http=http))
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, _start_shutdown, work)
    with contextlib.suppress(asyncio.CancelledError):
        await work


async def _serve(settings: Settings, secret: Secrets, *, http: bool) -> None:
    async with serving(settings, secret, http=http):
        log.info("ready", mode="http" if http else "socket")
        await asyncio.Event().wait()


def _start_shutdown(work: asyncio.Task[None]) -> None:
    """Start the shutdown, also during startup. Further signals are ignored."""
    if not work.cancelling():
        log.info("stopping")
        work.cancel()
        # A thread, because it must also end the process if another thread or the closed event loop hangs.
        watchdog = threading.Timer(SHUTDOWN_SECONDS, _force_exit)
        watchdog.daemon = True
        watchdog.start()


def _force_exit() -> None:
    log.error("the shutdown was cut short", seconds=SHUTDOWN_SECONDS)
    _exit()


def _exit() -> NoReturn:
    """End the process immediately. Launches are safe: each step is stored before it runs."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@asynccontextmanager
async def serving(
    settings: Settings, secret: Secrets, *, http: bool = False
) -> AsyncIterator[tuple[Bot, str]]:
    """Hold the store's lock, listen, and yield the bot with its request URL ("" for Socket Mode).

    Raise the errors that `serve` raises for secrets and store.
    """
    with take_lock(settings.store.url):
        async with (
            open_bot(settings, secret) as bot,
            listen(bot.app, bot.tracker, settings, secret, http=http) as url,
        ):
            bot.listening.set()
            yield bot, url


@asynccontextmanager
async def open_bot(settings: Settings, secret: Secrets) -> AsyncIterator[Bot]:
    """Open the app with all its components. Unfinished launches are resumed before new requests arrive."""
    clients = make_external_clients(settings, secret)
    edit_queue = EditQueue(settings.slack.edits_per_minute)
    store = await open_store(settings.store.url, SystemClock())
    try:
        async with _open_listeners(settings, secret, clients, store, edit_queue) as bot:
            yield bot
    finally:
        # After the last launch step: pending edits are sent while the clients close.
        await run_phase(Phase.CLIENTS, edit_queue.close(grace=BUDGETS[Phase.CLIENTS] - 0.2), clients.close())
        await run_phase(Phase.STORE, store.close())


@asynccontextmanager
async def _open_listeners(
    settings: Settings, secret: Secrets, clients: ExternalClients, store: Store, edit_queue: EditQueue
) -> AsyncIterator[Bot]:
    clock = SystemClock()
    client = web_client(settings, token=secret.slack_bot_token.get_secret_value())
    slack = SlackClient(
        client, posts_per_second=settings.slack.posts_per_second, post_burst=settings.slack.post_burst
    )
    workspace, bot_name = await _whoami(slack)
    poster = MessagePoster(
        slack,
        store.workspaces,
        clock,
        team_id=workspace.team_id,
        refusal_hours=settings.timing.refusal_hours,
    )
    notifier = SlackLaunchNotifier(slack, poster, edit_queue, clock, store.launches, bot_name=bot_name)
    machines = MachineTypes(settings, store.launches)
    tracker = ListenerTracker()
    async with (
        open_scanner(settings, clients, store) as scanner,
        open_launch_components(settings, clients, store, notifier) as components,
    ):
        logs = LogActions(settings, clock, clients, store, slack, poster)
        listeners = Listeners(
            launch=LaunchCommand(settings, clock, components.service, notifier),
            monitor=MonitorCommand(
                settings,
                clock,
                scanner,
                SlackOutput(slack, poster, edit_queue, bot_name),
                store.threads,
                machines,
            ),
            actions=Actions(
                components.service, logs, RowCanceller(settings, clock, clients, store, components.service)
            ),
            home=Home(settings, slack, components.service, scanner, clock),
        )
        listening = asyncio.Event()
        warming = asyncio.create_task(_warm_up_clients(clients, listening))
        resumed = await components.scheduler.start()
        log.info("launches resumed", launches=resumed)
        try:
            app = build_app(settings, secret, workspace, listeners, tracker)
            yield Bot(app, store, tracker, warming, listening)
        finally:
            warming.cancel()
            await run_phase(Phase.LISTENERS, tracker.cancel_all(), _wait_for_end(warming))


async def _warm_up_clients(clients: ExternalClients, listening: asyncio.Event) -> None:
    await listening.wait()
    await clients.warm()


async def _wait_for_end(task: asyncio.Task[None]) -> None:
    await asyncio.gather(task, return_exceptions=True)


async def _whoami(slack: SlackClient) -> tuple[Workspace, str]:
    """Return the workspace, which payloads are checked against, and the bot's name.

    Raise BadInput if Slack refuses the token.
    """
    try:
        return await stamina.AsyncRetryingCaller(
            attempts=None, timeout=SLACK_SECONDS, wait_initial=0.5, wait_max=15.0
        )(_is_transient, slack.whoami)
    except ServiceError as error:
        if error.problem.passing:
            raise
        raise BadInput(
            f"Slack refused the bot: {error.problem.message}. "
            "Set SLACK_BOT_TOKEN to the bot token of the app in your workspace, such as xoxb-..."
        ) from error


def _is_transient(error: Exception) -> bool:
    return isinstance(error, ServiceError) and error.problem.passing
