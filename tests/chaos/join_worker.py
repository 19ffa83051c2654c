"""A bot's start as far as Postgres is concerned: opens the store and joins the work, once told."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from bot.launches.context import Dependencies
from bot.runtime.clock import SystemClock
from bot.schedulers.procrastinate import DistributedScheduler
from bot.settings import Settings
from bot.store import open_store

SETTINGS = Settings.model_validate(
    {
        "google": {"project": "p"},
        "runner": {"job": "j", "region": "us-central1", "queue": "q", "vertex_region": "us-central1"},
        "wandb": {"entity": "acme-ml", "project": "trainer"},
        "preset": [{"name": "bert", "image": "i", "machine_type": "m", "staging_bucket": "gs://b"}],
    }
)


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


async def join(url: str) -> None:
    say("ready")
    sys.stdin.readline()
    store = await open_store(url, SystemClock())
    nobody: Any = None  # no launch is in the store, so nothing is asked of the outside
    tools = Dependencies(
        settings=SETTINGS, clock=SystemClock(), launches=store.launches, tracker=nobody, runners=nobody,
        jobs=nobody, poller=nobody, reader=nobody, notifier=nobody, audit=store.audit,
    )  # fmt: skip
    scheduler = DistributedScheduler(tools, url)
    say(f"joined {await scheduler.start()}")
    await scheduler.stop()
    await store.close()


if __name__ == "__main__":
    asyncio.run(join(sys.argv[1]))
