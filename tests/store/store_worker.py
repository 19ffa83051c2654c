"""A second process for the tests of the store: `store_worker.py COMMAND URL [ARGUMENTS]`."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

from store_samples import NOW, make_launch

from bot.models.errors import StoreError
from bot.ports import Added, CapReached, Caps
from bot.runtime.clock import SystemClock
from bot.store import open_store, take_lock


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


async def race(url: str, who: str, kind: str) -> None:
    """Adds launches that the other process adds too; says which ids stand, and how many were fresh."""
    store = await open_store(url, SystemClock())
    say("ready")
    sys.stdin.readline()
    fresh = 0
    for number in range(30):
        trigger = f"trigger{number}" if kind == "trigger" else f"{who}{number}"
        text = f"{who} {number}" if kind == "trigger" else f"same words {number}"
        launch = make_launch(f"{who}{number:03}", trigger_id=trigger, text=text)
        added = await store.launches.add(launch, dedup_window=10)
        fresh += added.fresh
        say(added.launch.launch_id)
    say(str(fresh))
    await store.close()


async def open_only(url: str) -> None:
    """Opens the store at the same moment as another process does."""
    say("ready")
    sys.stdin.readline()
    store = await open_store(url, SystemClock())
    say(str(len(await store.launches.unfinished())))
    await store.close()


async def crowd(url: str, who: str) -> None:
    """One person asks for twenty launches as fast as possible; says how many were taken."""
    store = await open_store(url, SystemClock())
    say("ready")
    sys.stdin.readline()
    caps = Caps(per_person=4)
    asked = [make_launch(f"{who}{number:05}", text=f"{who} {number}") for number in range(20)]
    said = await asyncio.gather(
        # Half of them come one after the other, as those of different turns of the loop do.
        *(store.launches.add(launch, dedup_window=10, caps=caps) for launch in asked[:10]),
        return_exceptions=True,
    )
    for launch in asked[10:]:
        said += await asyncio.gather(
            store.launches.add(launch, dedup_window=10, caps=caps), return_exceptions=True
        )
    say(str(sum(isinstance(one, Added) for one in said)))
    strange = [one for one in said if not isinstance(one, Added | CapReached)]
    say(repr(strange) if strange else "fine")
    await store.close()


async def claim(url: str, who: str) -> None:
    """Claims the start of a runner; says who got it."""
    store = await open_store(url, SystemClock())
    say("ready")
    sys.stdin.readline()
    for number in range(30):
        holder = await store.launches.claim_start(
            job=f"job{number}", region="r", queue="q", launch_id=who, now=NOW, ttl=60
        )
        say(holder)
    await store.close()


async def churn(url: str) -> None:
    """Adds and saves launches for ever; says each version once it was acknowledged."""
    store = await open_store(url, SystemClock())
    number = 0
    while True:
        launch = make_launch(f"id{number:06}", text=f"words {number}")
        current = (await store.launches.add(launch, dedup_window=10)).launch
        say(f"{current.launch_id} {current.version}")
        for _ in range(5):
            current = await store.launches.save(current)
            say(f"{current.launch_id} {current.version}")
        number += 1


async def fill(url: str, folder: str) -> None:
    """Writes until the disk is full; says the sentence, then what stands once there is space again."""
    store = await open_store(url, SystemClock())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    biggest = max(entry.stat().st_size for entry in os.scandir(folder))
    resource.setrlimit(resource.RLIMIT_FSIZE, (biggest + 100_000, hard))
    stored = 0
    try:
        while True:
            await store.launches.add(
                make_launch(f"id{stored:06}", text="x" * 5000 + str(stored)), dedup_window=10
            )
            stored += 1
    except StoreError as error:
        say(str(error))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    say(str(len(await store.launches.unfinished()) - stored))
    say(str((await store.launches.add(make_launch("after000"), dedup_window=10)).fresh))
    await store.close()


def lock(url: str) -> None:
    """Takes the lock and holds it until killed."""
    taken = take_lock(url)
    say("locked")
    time.sleep(120)
    taken.release()


def main() -> None:
    command, *arguments = sys.argv[1:]
    if command == "lock":
        lock(*arguments)
        return
    jobs: dict[str, Callable[..., Coroutine[Any, Any, None]]]
    jobs = {"race": race, "open": open_only, "claim": claim, "churn": churn, "fill": fill, "crowd": crowd}
    asyncio.run(jobs[command](*arguments))


if __name__ == "__main__":
    main()
