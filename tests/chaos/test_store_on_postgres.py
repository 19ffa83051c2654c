from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from postgres import INSTALL, Postgres, find_binaries, running_postgres
from psycopg import AsyncConnection

from bot.models.errors import StoreError
from bot.models.launch import Launch, Stage
from bot.ports import SaveConflict
from bot.runtime.clock import SystemClock
from bot.store import Store, open_store

BINARIES = find_binaries()
NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
LAUNCH = Launch(
    launch_id="abcd1234", trigger_id="t1", team_id="T0", channel_id="C0", user_id="U0", user_name="ana",
    text="bert", preset="bert", overrides=(("lr", "0.1"),), name="bert-abcd1234", queue="q",
    region="us-central1", created=NOW, due=NOW, limit_seconds=120.0,
)  # fmt: skip

pytestmark = pytest.mark.skipif(BINARIES is None, reason=INSTALL)


@pytest.fixture(scope="module")
def own() -> Iterator[Postgres]:
    """A server whose tables may be dropped."""
    assert BINARIES is not None
    with running_postgres(BINARIES) as made:
        yield made


@pytest.fixture
async def replicas(server: Postgres) -> AsyncIterator[tuple[Store, ...]]:
    """Four replicas that open the store at the same moment."""
    async with AsyncExitStack() as stack:
        opened = await asyncio.gather(*(open_store(server.url, SystemClock()) for _ in range(4)))
        for store in opened:
            stack.push_async_callback(store.close)
        yield tuple(opened)


async def test_the_same_press_at_four_replicas_is_one_launch(replicas: tuple[Store, ...]) -> None:
    """Slack may hand the same request to two replicas: one of them makes the launch, the others find it."""
    asked = [replace(LAUNCH, launch_id=f"launch0{n}") for n in range(4)]

    added = await asyncio.gather(
        *(store.launches.add(one, dedup_window=10) for store, one in zip(replicas, asked, strict=True))
    )

    assert 1 == sum(one.fresh for one in added)
    assert 1 == len({one.launch.launch_id for one in added})


async def test_of_four_saves_one_comes_through(replicas: tuple[Store, ...]) -> None:
    """Saves are fenced across processes: whoever was slower learns that its picture is old."""
    launch = replace(LAUNCH, launch_id="fenced00", trigger_id="t2", text="other")
    await replicas[0].launches.add(launch, dedup_window=10)

    saves = await asyncio.gather(
        *(store.launches.save(replace(launch, stage=Stage.QUEUE)) for store in replicas),
        return_exceptions=True,
    )

    assert 3 == sum(isinstance(one, SaveConflict) for one in saves)


async def test_of_four_launches_one_may_start_a_runner(replicas: tuple[Store, ...]) -> None:
    """The right to start belongs to one launch at a time, wherever it is driven."""
    holders = await asyncio.gather(
        *(
            store.launches.claim_start(job="j", region="r", queue="q", launch_id=f"l{n}", now=NOW, ttl=60)
            for n, store in enumerate(replicas)
        )
    )

    assert 1 == len(set(holders))


async def test_what_ended_long_ago_is_pruned(replicas: tuple[Store, ...]) -> None:
    """The store must not grow for ever on Postgres either."""
    old = replace(
        LAUNCH,
        launch_id="old00000",
        trigger_id="t3",
        text="old",
        stage=Stage.DONE,
        created=NOW - timedelta(days=9),
    )
    await replicas[0].launches.add(old, dedup_window=10)

    gone = await replicas[1].launches.prune(before=NOW - timedelta(days=5))

    assert (1, None) == (gone, await replicas[2].launches.get("old00000"))


async def _empty(url: str) -> None:
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("DROP SCHEMA public CASCADE")
        await connection.execute("CREATE SCHEMA public")


async def _worker(url: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("join_worker.py")), url,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


@pytest.mark.parametrize("_", range(5))
async def test_two_processes_may_start_at_once_on_an_empty_postgres(own: Postgres, _: int) -> None:
    """A deployment starts its replicas together: one makes the tables, the other waits and finds them."""
    await _empty(own.url)
    both = [await _worker(own.url) for _ in range(2)]

    said = await asyncio.gather(*(process.communicate(b"go\n") for process in both))

    assert [(b"joined 0\n", b"", 0)] * 2 == [
        (out, err, process.returncode) for (out, err), process in zip(said, both, strict=True)
    ]


async def test_a_server_that_cannot_be_reached_is_said() -> None:
    """Whoever starts the bot must read what is wrong, not a traceback."""
    with pytest.raises(StoreError, match=r"127\.0\.0\.1/nothing"):
        await open_store("postgresql://nobody@127.0.0.1:1/nothing", SystemClock())
