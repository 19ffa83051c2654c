"""Runners and their logs in a world, and the stand-ins in a thread of their own, as scripts meet them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.google.servers import GoogleServers
from bot.sandbox.world.state import SimExecution, SimLogEntry
from bot.sandbox.world.world import World

PROJECT = "acme-ml"
JOB = "vertex-ai-launcher"
REGION = "us-central1"
NAME = f"{JOB}-kbflt"
WHERE = (NAME, PROJECT, REGION)
READS = ("logging", "ListLogEntries", "-")
LOOKS = ("run", "GetExecution", REGION)
LOST = "wandb: ERROR launch: Error running job: 403 Permission 'aiplatform.customJobs.create' denied"


@contextmanager
def served(world: World, **options: Any) -> Iterator[dict[str, str]]:
    """The addresses of the stand-ins, which run in another thread: synchronous calls block this one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> GoogleServers:
        servers = GoogleServers(world, **options)
        await servers.start()
        return servers

    servers = asyncio.run_coroutine_threadsafe(start(), loop).result(timeout=20)
    try:
        yield servers.endpoints
    finally:
        asyncio.run_coroutine_threadsafe(servers.close(), loop).result(timeout=20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=20)
        loop.close()


def add_runner(world: World, state: str = "failed", *, ended_ago: float = 3600, **more: Any) -> SimExecution:
    """A runner made two hours ago; `ended_ago` in seconds."""
    now = world.now()
    over = state not in ("pending", "running")
    runner = SimExecution(
        name=NAME,
        job=JOB,
        region=REGION,
        state=state,
        created=now - timedelta(hours=2),
        started=now - timedelta(hours=2),
        ended=now - timedelta(seconds=ended_ago) if over else None,
        **more,
    )
    world.executions[runner.name] = runner
    return runner


def end(world: World, runner: SimExecution, state: str) -> None:
    runner.state, runner.ended = state, world.now()


def add_lines(
    world: World,
    *texts: str,
    at: datetime | None = None,
    step: float = 0.001,
    visible_in: float = 0,
    owner: str = NAME,
    **more: Any,
) -> None:
    """Entries `step` seconds apart from `at` on (an hour and a half ago), seen in `visible_in` seconds."""
    start = at or world.now() - timedelta(minutes=90)
    for number, text in enumerate(texts):
        count = len(world.logs)
        fields = {
            "insert_id": f"{count:07}",
            "at": start + timedelta(seconds=step * number),
            "visible": world.now() + timedelta(seconds=visible_in),
            "resource_type": "cloud_run_job",
            "resource_labels": {"job_name": JOB, "location": REGION},
            "labels": {"run.googleapis.com/execution_name": owner},
            "text": text,
        }
        world.logs.append(SimLogEntry(**{**fields, **more}))


@contextmanager
def later(seconds: float, *acts: Any) -> Iterator[None]:
    """Does something to the world while a call is waiting."""
    timer = threading.Timer(seconds, lambda: [act() for act in acts])
    timer.start()
    yield
    timer.join(timeout=20)
