"""/monitor where several processes share a store: the same words have one writer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from bed import bot_on
from postgres import INSTALL, Postgres, find_binaries

from bot.models.launch import MessageRef
from bot.ports import Thread
from bot.runtime.clock import SystemClock
from bot.store import Store, open_store

NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.skipif(find_binaries() is None, reason=INSTALL)


@pytest.fixture
async def store(server: Postgres) -> AsyncIterator[Store]:
    opened = await open_store(server.url, SystemClock())
    yield opened
    await opened.close()


async def test_the_same_words_in_a_channel_have_one_writer(store: Store) -> None:
    """Two processes that hear the same `/monitor` must not both answer; one that died is not waited for."""
    take = partial(store.threads.begin, "C1", "failed", within=timedelta(seconds=30))

    assert await take(writer="one", now=NOW)
    assert await take(writer="one", now=NOW)
    assert not await take(writer="two", now=NOW + timedelta(seconds=29))
    assert await store.threads.begin("C2", "failed", writer="two", now=NOW, within=timedelta(seconds=30))
    assert await take(writer="two", now=NOW + timedelta(seconds=31))
    await store.threads.end("C1", "failed", writer="one")
    assert not await take(writer="one", now=NOW + timedelta(seconds=32))
    await store.threads.end("C1", "failed", writer="two")
    assert await take(writer="one", now=NOW + timedelta(seconds=33))


async def test_words_that_a_dead_process_took_are_forgotten_with_the_history(store: Store) -> None:
    """What nobody gives back must not pile up for ever."""
    within = timedelta(days=400)
    await store.threads.begin("C1", "old", writer="died", now=NOW, within=within)
    await store.threads.begin("C1", "new", writer="lives", now=NOW + timedelta(days=2), within=within)
    await store.launches.prune(before=NOW + timedelta(days=1))
    later = NOW + timedelta(days=3)

    assert await store.threads.begin("C1", "old", writer="other", now=later, within=within)
    assert not await store.threads.begin("C1", "new", writer="other", now=later, within=within)


async def test_a_monitor_that_another_process_took_first_gets_a_link_to_its_thread(server: Postgres) -> None:
    """Two replicas may hear the same words in the same instant: one writes, the other leads there."""
    async with bot_on(tables={"store": {"url": server.url}}) as bed:
        now = datetime.now(UTC)
        threads, within = bed.store.threads, timedelta(seconds=30)
        taken = await threads.begin("C0TRAINING", "runs", writer="elsewhere", now=now, within=within)
        await bed.type("/monitor runs", user="bob")
        link = "https://acme.slack.com/archives/C0TRAINING/p1795473180056422"
        parent = MessageRef("C0TRAINING", "1795473180.056422", link)
        await threads.remember(Thread(parent, "runs", started=datetime.now(UTC), finished=datetime.now(UTC)))
        await bed.until(lambda: bed.notes("bob"))

        assert taken
        assert link in bed.notes("bob")[0]
        assert [] == bed.slack.messages("#training")


async def test_a_monitor_that_another_process_took_and_never_wrote_is_written(server: Postgres) -> None:
    """A process may die between taking the words and posting: nobody waits for it for ever."""
    async with bot_on(tables={"store": {"url": server.url}}) as bed:
        within = timedelta(seconds=30)
        await bed.store.threads.begin(
            "C0TRAINING", "runs", writer="died", now=datetime.now(UTC), within=within
        )
        await bed.type("/monitor runs", user="bob")
        await bed.until_shown("Active W&B runs")

        assert [] == bed.notes("bob")
