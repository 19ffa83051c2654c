"""`launch-control monitor`: prints one scan."""

from __future__ import annotations

import getpass
import os
from contextlib import AsyncExitStack
from pathlib import Path

import click
from rich.console import Console

from bot.app import open_external_clients, open_scanner
from bot.models.errors import BadInput
from bot.models.scan import Failed, Scan, TimedOut
from bot.runtime.clock import SystemClock
from bot.scans.scanner import RunningScan, ScanRequest
from bot.settings import Settings
from bot.settings.loader import load_secrets, load_settings
from bot.store import open_store
from formatting.failure.note import advice
from formatting.failure.view import FailureView, block_text, failure_views
from formatting.monitor.summary import filter_line, unanswered_line, verdict_line
from formatting.monitor.tables import tables
from formatting.table.text import text
from handlers.cli.exit_codes import DONE, FAILED
from handlers.commands.parser import parse_monitor
from handlers.slack.monitor_thread import MachineTypes


async def run_monitor(settings_path: Path, words: tuple[str, ...]) -> int:
    """Print the summary, tables and failures of one scan; return 1 if no service answered, else 0.

    Raise BadInput for invalid arguments, SettingsError, StoreError.
    """
    settings, secret = load_settings(settings_path), load_secrets(os.environ)
    request = _request(words, settings)
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = await open_store(settings.store.url, clock)
        stack.push_async_callback(store.close)
        clients = await stack.enter_async_context(open_external_clients(settings, secret))
        scanner = await stack.enter_async_context(open_scanner(settings, clients, store))
        scan = await _wait_with_spinner(scanner.join(request))
        machines = await MachineTypes(settings, store.launches).of(scan)
    click.echo(
        " ".join(part for part in (verdict_line(scan), filter_line(scan), unanswered_line(scan)) if part)
    )
    for table in tables(scan, clock.now(), machines):
        click.echo("\n".join(["", table.heading, text(table), *table.footers]))
        for view in failure_views(scan, table.section):
            click.echo("\n".join(["", block_text(view), *_advice_and_log(view)]))
    return FAILED if all(isinstance(cell.answer, Failed | TimedOut) for cell in scan.cells) else DONE


def _request(words: tuple[str, ...], settings: Settings) -> ScanRequest:
    try:
        return parse_monitor(" ".join(words), settings.regions, user_id=getpass.getuser())
    except BadInput as mistake:
        message = str(mistake).replace("/monitor", "launch-control monitor").replace(", help.", ".")
        raise BadInput(message) from mistake


def _advice_and_log(view: FailureView) -> list[str]:
    """Return lines with the advice and the URL of the log."""
    labelled = (("What to do", advice(view.diagnosis)), ("Log", view.log_url))
    return [f"  {label}: {value}" for label, value in labelled if value]


async def _wait_with_spinner(running: RunningScan) -> Scan:
    """Return the finished scan; show a spinner meanwhile."""
    with Console(stderr=True).status("Asking all regions..."):
        return await running.diagnosed()
