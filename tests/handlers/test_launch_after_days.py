"""A bot that comes back after three days: what was asked for then is not started now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bed import running, scenario, stage_on

from bot.launches.requests import LaunchRequest, new_launch
from bot.models.launch import Launch, RunnerUse, Stage
from bot.runtime.clock import SystemClock
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.world.state import SimQueueItem
from bot.settings.loader import load_settings
from bot.store import open_store


def left_behind(path: Path) -> tuple[Launch, ...]:
    """Launches of three days ago, each at another step when the bot ended; the last two have sent an item."""
    settings, at = load_settings(path), datetime.now(UTC) - timedelta(days=3)
    requests = [
        LaunchRequest(f"t{n}", "T0", "C0TRAINING", "U0ALICE", "alice", f"lr={n}", "bert-small", ())
        for n in range(5)
    ]
    asked, carded, lost, queued, waiting = (new_launch(settings, request, at) for request in requests)
    return (
        asked,
        replace(carded, stage=Stage.QUEUE),
        replace(lost, stage=Stage.QUEUE, item_intended=at),
        replace(queued, stage=Stage.RUNNER, item_intended=at, queued=at, deadline=at),
        replace(
            waiting, stage=Stage.WAIT, item_intended=at, queued=at, deadline=at,
            runners=(RunnerUse(intended=at),),
        ),
    )  # fmt: skip


def add_item(stage: Sandbox, launch: Launch) -> SimQueueItem:
    """Its item in W&B's queue, where it still waits."""
    spec: dict[str, object] = {"run_id": launch.launch_id, "name": launch.name}
    item = SimQueueItem(f"item-of-{launch.launch_id}", launch.queue, spec, "PENDING", launch.created)
    stage.world.items[item.item_id] = item
    return item


async def test_what_was_asked_for_three_days_ago_is_not_started() -> None:
    """No push, no runner, whatever step they were at; what waits is taken out, and it is said."""
    async with stage_on(scenario()) as (stage, folder):
        path = stage.write_settings(folder)
        launches = left_behind(path)
        items = [add_item(stage, launch) for launch in launches[3:]]
        store = await open_store(load_settings(path).store.url, SystemClock())
        for launch in launches:
            await store.launches.add(launch, dedup_window=1)
        await store.close()
        async with running(stage, path) as bed:
            await bed.settled(*["failed"] * len(launches))
            effects, shown, jobs = bed.effects(), bed.shown(), bed.stage.world.jobs
            ends = {one.launch_id: str(one.failure and one.failure.kind) for one in await bed.launches()}

    assert {"deleteFromRunQueue": 2} == effects
    assert all(item.removed for item in items)
    assert ["not_started"] * 3 + ["queue_expired"] * 2 == [ends[launch.launch_id] for launch in launches]
    assert not any(launch.launch_id in str(job.labels) for launch in launches for job in jobs.values())
    assert "Type it again." in shown
    assert "taken out of the queue; nothing was spent" in shown
