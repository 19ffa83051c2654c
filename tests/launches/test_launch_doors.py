"""What people do about launches in Slack: status, cancel and relaunch, at the whole bot."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bed import Bed, bot_on, scenario

from bot.models.launch import Launch, Stage
from bot.ports import SaveConflict


async def test_relaunch_pressed_twice_is_one_launch() -> None:
    """Each press has a trigger_id of its own, and the money is spent once."""
    async with bot_on() as bed:
        await bed.type("/launch bert-small lr=0.002")
        await bed.settled("succeeded")
        await asyncio.gather(*(bed.slack.press("alice", "#training", "launch_relaunch") for _ in range(2)))
        await bed.settled("succeeded", "succeeded")
        await bed.until(lambda: any("a moment ago" in note for note in bed.notes()))

        assert (2, 2) == (len(await bed.launches()), len(bed.queued()))


async def test_a_relaunch_of_a_preset_that_is_gone_starts_nothing() -> None:
    """The settings may have changed since: the button says so, privately."""
    async with bot_on() as bed:
        await bed.type("/launch")
        await bed.settled("succeeded")
        (launch,) = await bed.launches()
        await change(bed, launch, preset="of-yore")
        await bed.slack.press("alice", "#training", "launch_relaunch")
        await bed.until(lambda: any("There is no preset 'of-yore'" in note for note in bed.notes()))

        assert 1 == len(await bed.launches())


async def change(bed: Bed, launch: Launch, **changes: Any) -> None:
    """Writes into a launch that is at work: its own saves may come between."""
    async with asyncio.timeout(20):
        while True:
            newest = await bed.store.launches.get(launch.launch_id)
            assert newest is not None
            with contextlib.suppress(SaveConflict):
                await bed.store.launches.save(replace(newest, **changes))
                return


async def test_status_lists_what_is_in_flight_and_the_last_day() -> None:
    """A launch of a week that still runs is news; one that ended two days ago is not."""
    async with bot_on(scenario("runner-full"), pending_timeout=300) as bed:
        for text in (
            "/launch bert-small lr=0.001",
            "/launch bert-small lr=0.002",
            "/launch bert-small lr=0.003",
        ):
            await bed.type(text)
        await bed.until(lambda: len(bed.queued()) == 3)
        launches = await bed.launches()
        long_ago = launches[0].created - timedelta(days=2)
        for launch, stage in zip(launches, (None, Stage.DONE, Stage.DONE), strict=True):
            created = launch.created if launch is launches[2] else long_ago
            await change(bed, launch, created=created, **({} if stage is None else {"stage": stage}))
        before = len(bed.notes())
        await bed.type("/launch status")
        await bed.until(lambda: len(bed.notes()) > before)
        listed = [launch.launch_id in bed.notes()[-1] for launch in launches]

        assert [True, False, True] == listed


async def test_a_cancel_by_somebody_else_is_refused_in_fitting_words() -> None:
    """Nothing was to be started, so "nothing was started" would be an odd answer."""
    async with bot_on(scenario("runner-full"), pending_timeout=300, tables={"access": {"admins": []}}) as bed:
        await bed.type("/launch")
        await bed.until(bed.queued)
        (launch,) = await bed.launches()
        outcome = await bed.type(f"/launch cancel {launch.launch_id}", user="bob")

        assert "Only alice or an admin may cancel this launch" in outcome.response["text"]
        assert "othing was started" not in outcome.response["text"]


async def test_status_of_a_store_that_fails_is_a_sentence() -> None:
    """The command is acknowledged before the store is asked: its failure must still be told."""
    async with bot_on() as bed:
        async with bed.store._database.write() as connection:  # type: ignore[attr-defined]  # to break it
            await connection.exec_driver_sql("ALTER TABLE launch RENAME TO gone")
        await bed.type("/launch status")
        await bed.until(lambda: any("tables are missing" in note for note in bed.notes()))
        async with bed.store._database.write() as connection:  # type: ignore[attr-defined]  # to mend it
            await connection.exec_driver_sql("ALTER TABLE gone RENAME TO launch")
