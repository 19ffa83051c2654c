"""`launch-control launch`: starts a launch and follows it until it is submitted or has ended."""

from __future__ import annotations

import getpass
import os
import secrets
from contextlib import AsyncExitStack
from pathlib import Path

import click

from bot.app import open_external_clients, open_launch_components
from bot.launches.requests import LaunchRequest
from bot.models.errors import BadInput
from bot.models.launch import Launch, Stage, Verdict
from bot.runtime.clock import SystemClock
from bot.settings.loader import load_secrets, load_settings
from bot.store import AlreadyServed, StoreLock, open_store, take_lock
from handlers.cli.exit_codes import DONE, FAILED, TIMED_OUT
from handlers.cli.live_card import TerminalCard, TerminalNotifier
from handlers.commands.parser import Start, parse_launch

CODES = {Verdict.SUBMITTED: DONE, Verdict.SUCCEEDED: DONE, Verdict.TIMED_OUT: TIMED_OUT}
# Seconds between reads of the launch from the store.
POLL_SECONDS = 0.5


async def run_launch(settings_path: Path, words: tuple[str, ...]) -> int:
    """Start a launch, follow it and return the exit code.

    The launch runs in this process if the lock of the SQLite store is free. Otherwise, and always on
    Postgres, the running bot executes it. Raise BadInput for invalid arguments, SettingsError, StoreError.
    """
    settings, secret = load_settings(settings_path), load_secrets(os.environ)
    request = _request(words)
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        lock = _lock(settings.store.url)
        if lock is not None:
            stack.enter_context(lock)
        store = await open_store(settings.store.url, clock)
        stack.push_async_callback(store.close)
        clients = await stack.enter_async_context(open_external_clients(settings, secret))
        terminal_card = stack.enter_context(TerminalCard(clock))
        components = await stack.enter_async_context(
            open_launch_components(settings, clients, store, TerminalNotifier())
        )
        added = await components.service.submit(request)
        if lock is not None:
            components.service.begin(added)
        launch = added.launch
        while not is_finished(launch):
            await clock.wait(min(POLL_SECONDS, settings.timing.poll))
            launch = await components.service.find(launch.launch_id)
            terminal_card.show(launch)
        return CODES.get(launch.verdict, FAILED)


def is_finished(launch: Launch) -> bool:
    """Return True if the command need not wait longer: submitted, timed out, or ended and diagnosed."""
    if launch.verdict in (Verdict.SUBMITTED, Verdict.TIMED_OUT):
        return True
    return launch.verdict is not Verdict.OPEN and launch.stage in (Stage.REPORT, Stage.DONE)


def _lock(url: str) -> StoreLock | None:
    if url.startswith("postgresql"):
        click.echo("The bots on this store do the work; this follows it.", err=True)
        return None
    try:
        return take_lock(url)
    except AlreadyServed:
        click.echo("The bot is running and does the work; this follows it.", err=True)
        return None


def _request(words: tuple[str, ...]) -> LaunchRequest:
    parsed = parse_launch(" ".join(words))
    if not isinstance(parsed, Start):
        raise BadInput(
            "Here only a preset and key=value are understood. Example: launch-control launch bert-small"
        )
    user = getpass.getuser()
    return LaunchRequest(
        trigger_id=f"terminal-{secrets.token_hex(8)}",
        team_id="",
        channel_id="",
        user_id=user,
        user_name=user,
        # The random suffix prevents two equal commands in a row from counting as one launch.
        text=" ".join([*words, f"#{secrets.token_hex(4)}"]),
        preset=parsed.preset,
        overrides=parsed.overrides,
    )
