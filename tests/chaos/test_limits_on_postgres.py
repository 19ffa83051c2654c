from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from postgres import INSTALL, Postgres, find_binaries

from bot.models.errors import StoreError
from bot.models.launch import Launch
from bot.ports import Added, CapReached, Caps
from bot.runtime.clock import SystemClock
from bot.store import open_store
from bot.store.engine import Database
from bot.store.in_flight_limits import count_in_flight
from bot.store.url import parse_address

pytestmark = pytest.mark.skipif(find_binaries() is None, reason=INSTALL)

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
LAUNCH = Launch(
    launch_id="abcd1234", trigger_id="t1", team_id="T0", channel_id="C0", user_id="U0LIMIT", user_name="ana",
    text="bert", preset="bert", overrides=(), name="bert-abcd1234", queue="q",
    region="us-central1", created=NOW, due=NOW, limit_seconds=120.0,
)  # fmt: skip


async def _worker(url: str, who: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "tests/store/store_worker.py"), "crowd", url, who,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def test_two_processes_count_together(server: Postgres) -> None:
    """Forty launches of one person at two replicas in one moment: four are stored, whoever counted first."""
    both = [await _worker(server.url, who) for who in ("aaa", "bbb")]

    said = await asyncio.gather(*(process.communicate(b"go\n") for process in both))

    words = [out.decode().splitlines() for out, _ in said]
    assert ["fine", "fine"] == [why for _, why in words]
    assert 4 == sum(int(number) for number, _ in words)


@pytest.mark.parametrize("_", range(3))
async def test_four_replicas_never_store_one_too_many(server: Postgres, _: int) -> None:
    """One launch each, all at the same moment, with one place left: without a lock each finds it free."""
    person = f"U{os.urandom(4).hex()}"
    asked = [
        replace(LAUNCH, launch_id=f"{person}{n}", trigger_id=f"{person}{n}", user_id=person, text=str(n))
        for n in range(40)
    ]
    stores = await asyncio.gather(*(open_store(server.url, SystemClock()) for _ in range(4)))
    try:
        said = await asyncio.gather(
            *(
                stores[n % 4].launches.add(one, dedup_window=10, caps=Caps(per_person=1))
                for n, one in enumerate(asked)
            ),
            return_exceptions=True,
        )
        again = await stores[1].launches.add(
            next(one.launch for one in said if isinstance(one, Added)),
            dedup_window=10,
            caps=Caps(per_person=1),
        )
    finally:
        for store in stores:
            await store.close()

    assert (1, 39) == (
        sum(isinstance(one, Added) for one in said),
        sum(isinstance(one, CapReached) for one in said),
    )
    assert not again.fresh


async def test_a_process_that_stops_while_it_counts_holds_up_nobody_for_long(server: Postgres) -> None:
    """A frozen machine may hold the lock: the server ends its transaction, and the others launch again."""
    frozen, store = Database(parse_address(server.url)), await open_store(server.url, SystemClock())
    asked = replace(LAUNCH, launch_id="after000", trigger_id="after", user_id="U0AFTER", text="after")
    added: list[Added] = []

    async def freeze() -> None:
        async with frozen.write() as connection:
            await count_in_flight(frozen, connection)
            adding = store.launches.add(asked, dedup_window=10, caps=Caps(overall=10_000))
            added.append(await asyncio.wait_for(adding, 30))

    try:
        with pytest.raises(StoreError):
            await freeze()
    finally:
        await frozen.close()
        await store.close()

    assert [True] == [one.fresh for one in added]
