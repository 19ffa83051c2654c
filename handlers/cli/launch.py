"""`launch-control launch`: one launch, followed until it is submitted or has ended."""

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
# How often the store is asked how the launch stands, in seconds.
LOOK = 0.5


async def run_launch(settings_path: Path, words: tuple[str, ...]) -> int:
    """Start a launch and follows it; returns the exit code.

    Takes a SQLite store's lock if it is free; else the bot that holds it does the work, as bots do on a
    Postgres. Raise BadInput for words that mean no launch, SettingsError, StoreError.
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
        shown = stack.enter_context(TerminalCard(clock))
        components = await stack.enter_async_context(
            open_launch_components(settings, clients, store, TerminalNotifier())
        )
        added = await components.service.submit(request)
        if lock is not None:
            components.service.begin(added)
        launch = added.launch
        while not settled(launch):
            await clock.wait(min(LOOK, settings.timing.poll))
            launch = await components.service.find(launch.launch_id)
            shown.show(launch)
        return CODES.get(launch.verdict, FAILED)


def settled(launch: Launch) -> bool:
    """Whether a terminal waits no longer: submitted, timed out, or ended with its log read."""
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
    asked = parse_launch(" ".join(words))
    if not isinstance(asked, Start):
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
        # Two launches typed in a terminal are two launches, however quickly they follow each other.
        text=" ".join([*words, f"#{secrets.token_hex(4)}"]),
        preset=asked.preset,
        overrides=asked.overrides,
    )
