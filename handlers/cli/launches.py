"""`launch-control launches`: lists the launches in the store, also while the bot runs."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import click
from tabulate import tabulate

from bot.models.launch import Launch
from bot.runtime.clock import SystemClock
from bot.settings.loader import load_settings
from bot.store import open_store
from formatting.launch_list import state_with_icon
from formatting.times import ago
from handlers.cli.exit_codes import DONE


async def list_launches(settings_path: Path, *, days: float, as_json: bool) -> int:
    """Print the launches of the last `days`, newest first. Raise SettingsError, StoreError."""
    settings = load_settings(settings_path)
    clock = SystemClock()
    store = await open_store(settings.store.url, clock)
    try:
        launches = await store.launches.recent(since=clock.now() - timedelta(days=days), limit=1000)
    finally:
        await store.close()
    if as_json:
        click.echo(json.dumps([_as_json(launch) for launch in launches], indent=2))
    elif launches:
        rows = [_row(launch, clock.now()) for launch in launches]
        click.echo(
            tabulate(rows, headers=("Launch", "Name", "State", "By", "Created", "Job"), tablefmt="simple")
        )
    else:
        click.echo(f"No launches in the last {days:g} days.")
    return DONE


def _row(launch: Launch, now: datetime) -> tuple[str, ...]:
    job = launch.job.job_id if launch.job is not None else "-"
    return (
        launch.launch_id,
        launch.name,
        state_with_icon(launch),
        launch.user_name,
        ago(launch.created, now),
        job,
    )


def _as_json(launch: Launch) -> dict[str, object]:
    """Return a launch as a dictionary for JSON output."""
    return {
        "id": launch.launch_id,
        "name": launch.name,
        "preset": launch.preset,
        "overrides": dict(launch.overrides),
        "by": launch.user_name,
        "channel": launch.channel_id,
        "created": launch.created.isoformat(),
        "stage": launch.stage,
        "verdict": launch.verdict,
        "queue_item": launch.item_id,
        "runners": [use.name for use in launch.runners if use.name],
        "job": launch.job.resource if launch.job is not None else "",
        "ended": launch.ended.isoformat() if launch.ended else "",
        "failure": launch.failure.sentence if launch.failure else "",
    }
