from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

from store_samples import make_launch

from bot.models.errors import StoreError
from bot.models.launch import Launch
from bot.ports import Added
from bot.store import Store

MANY = 600  # more than one transaction holds


def other(number: int) -> Launch:
    """A launch that has nothing in common with those of other numbers."""
    return replace(make_launch(f"n{number:07}"), trigger_id=f"trigger {number}", text=f"lr={number}")


async def add_all(store: Store, *launches: Launch) -> list[Added | BaseException]:
    adding = (store.launches.add(launch, dedup_window=10) for launch in launches)
    return await asyncio.gather(*adding, return_exceptions=True)


def fresh(answers: list[Added | BaseException]) -> list[bool]:
    return [isinstance(answer, Added) and answer.fresh for answer in answers]


def commits(url: str, before: int = 0) -> int:
    """How many transactions the write-ahead log holds: each ends in a frame that says how large the file is.

    https://www.sqlite.org/fileformat2.html#the_write_ahead_log
    """
    data = Path(url.removeprefix("sqlite:///") + "-wal").read_bytes()
    page = int.from_bytes(data[8:12], "big")
    frames = range(32, len(data) - 24, page + 24)
    return sum(data[at + 4 : at + 8] != b"\0\0\0\0" for at in frames) - before


async def test_a_thousand_presses_are_a_handful_of_transactions(store: Store, url: str) -> None:
    """Each transaction waits for the disk; a second of them would be more than Slack's patience."""
    before = commits(url)

    answers = await add_all(store, *(other(number) for number in range(MANY)))

    assert [True] * MANY == fresh(answers)
    assert commits(url, before) < MANY / 20
    assert len(await store.launches.unfinished()) == MANY


async def test_what_is_answered_is_on_the_disk(store: Store, url: str) -> None:
    """An acknowledged launch exists, also for whoever opens the file after a crash."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    stored = []

    async def add(number: int) -> None:
        added = await store.launches.add(other(number), dedup_window=10)
        query = "select count(*) from launch where launch_id = ?"
        stored.append(connection.execute(query, (added.launch.launch_id,)).fetchone()[0])

    await asyncio.gather(*(add(number) for number in range(20)))
    connection.close()

    assert [1] * 20 == stored


async def test_one_duplicate_among_many_is_the_first_launch(store: Store) -> None:
    """A request that Slack sends twice, or a double press, changes nothing for those who came with it."""
    known = other(0)
    await store.launches.add(known, dedup_window=10)
    replayed = replace(other(1), trigger_id=known.trigger_id)
    pressed_again = replace(other(2), text=known.text)
    twin = replace(other(3), trigger_id=other(4).trigger_id)

    answers = await add_all(store, replayed, pressed_again, other(4), twin, other(5), other(6))

    assert [False, False, True, False, True, True] == fresh(answers)
    holders = [answer.launch.launch_id for answer in answers if isinstance(answer, Added)]
    assert holders == ["n0000000", "n0000000", "n0000004", "n0000004", "n0000005", "n0000006"]
    assert len(await store.launches.unfinished()) == 4


async def test_one_that_cannot_be_stored_fails_alone(store: Store) -> None:
    """A text that is no Unicode, or an id that is taken, costs nobody else's launch."""
    await store.launches.add(other(0), dedup_window=10)
    broken = replace(other(1), text="\ud800")
    taken = replace(other(2), launch_id=other(0).launch_id)

    answers = await add_all(store, other(3), broken, taken, other(4))

    assert [True, False, False, True] == fresh(answers)
    assert isinstance(answers[1], StoreError)
    assert isinstance(answers[2], StoreError)


async def test_words_of_a_launch_that_failed_are_free_again(store: Store) -> None:
    """Whoever was told that nothing was started may type the same at once."""
    await store.launches.add(other(0), dedup_window=10)
    taken = replace(other(2), launch_id=other(0).launch_id)
    await add_all(store, other(1), taken, other(3))

    again = await store.launches.add(other(2), dedup_window=10)

    assert again.fresh


async def test_who_gives_up_in_the_queue_holds_up_nobody(store: Store, url: str) -> None:
    """Those who wait behind a busy store are stored when it is free, but for those who were refused."""
    busy = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    busy.execute("begin immediate")
    waiting = [
        asyncio.ensure_future(store.launches.add(other(number), dedup_window=10)) for number in range(9)
    ]
    done, _ = await asyncio.wait(waiting, timeout=0.05)
    for one in waiting[::2]:
        one.cancel()
    await asyncio.wait(waiting[::2])
    busy.execute("rollback")
    busy.close()

    answers = await asyncio.gather(*waiting[1::2])
    await store.launches.add(other(99), dedup_window=10)

    assert not done
    assert all(answer.fresh for answer in answers)
    ids = {launch.launch_id for launch in await store.launches.unfinished()}
    assert {f"n{number:07}" for number in (1, 3, 5, 7, 99)} == ids


async def test_closing_waits_for_what_was_begun(store: Store, url: str) -> None:
    """An insert under way when the bot stops is finished or undone, never left in between."""
    adding = [
        asyncio.ensure_future(store.launches.add(other(number), dedup_window=10)) for number in range(5)
    ]
    await asyncio.sleep(0)

    await store.close()

    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    count = connection.execute("select count(*) from launch").fetchone()[0]
    connection.close()
    assert [True] * 5 == fresh(await asyncio.gather(*adding, return_exceptions=True))
    assert count == 5
