from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from fleet import FAILING, GOOD, REFUSED, Fleet, busy_day, fleet_on, until
from postgres import INSTALL, Postgres, find_binaries, running_postgres
from processes import command
from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation

from bot.sandbox.world.state import Fault
from bot.schedulers.procrastinate import POLL_INTERVAL
from bot.settings import Store as StoreSettings

LONG = os.environ.get("CHAOS") == "long"
LAUNCHES, KILLS = (30, 10) if LONG else (6, 2)
HEARTBEAT = 1.0 if not LONG else 2.0
BINARIES = find_binaries()

pytestmark = pytest.mark.skipif(BINARIES is None, reason=INSTALL)


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    assert BINARIES is not None
    with running_postgres(BINARIES) as server:
        yield server


async def start_all(fleet: Fleet, number: int) -> None:
    """Starts processes at the very same time: they make the tables at once."""
    await asyncio.gather(*(fleet.start(place) for place in range(number)))


def test_a_death_is_noticed_in_time_with_the_settings_as_they_stand() -> None:
    """Three missed heartbeats make a process dead, and others look every second heartbeat: 30 s in all."""
    heartbeat = StoreSettings().heartbeat_seconds

    assert 30 > (3 + 2) * heartbeat + POLL_INTERVAL


@pytest.mark.timeout(900)
async def test_three_processes_share_the_launches_and_lose_none(tmp_path: Path, postgres: Postgres) -> None:
    """Whichever process dies, the others finish its launches: one item, one card, one true outcome each."""
    dice = random.Random(int(os.environ.get("CHAOS_SEED", "1")))  # noqa: S311 - not a secret
    day = busy_day(GOOD, GOOD, REFUSED, GOOD, FAILING)
    async with fleet_on(tmp_path, day, store_url=postgres.url, heartbeat_seconds=HEARTBEAT) as fleet:
        await start_all(fleet, 3)
        typing = asyncio.create_task(type_all(fleet, dice))
        for _ in range(KILLS):
            await asyncio.sleep(dice.uniform(0.5, 4.0))
            victim = dice.randrange(3)
            await fleet.kill(victim)
            await fleet.start(victim)
        await typing
        launches = await fleet.settle()

        assert [] == fleet.faults_of(launches)
        assert len(launches) >= LAUNCHES - KILLS


async def type_all(fleet: Fleet, dice: random.Random) -> None:
    for number in range(LAUNCHES):
        await fleet.launch(user=("alice", "bob")[number % 2])
        await asyncio.sleep(dice.uniform(0.1, 1.2))


@pytest.mark.timeout(300)
async def test_another_process_takes_over_for_good(tmp_path: Path, postgres: Postgres) -> None:
    """Killed in the middle of a turn, for good: within 30 seconds another goes on, as the settings stand."""
    slow = GOOD.model_copy(update={"timeline": (("RUNNING", 6000.0),)})
    heartbeat = StoreSettings().heartbeat_seconds if LONG else HEARTBEAT
    async with fleet_on(
        tmp_path, busy_day(slow), store_url=postgres.url, heartbeat_seconds=heartbeat
    ) as fleet:
        text = fleet.settings.read_text()
        fleet.settings.write_text(text.replace("call = ", "call = 120.0 #"))
        await fleet.start(0)
        turn = Fault(service="aiplatform", method="ListCustomJobs", hang=True, times=1)
        fleet.stage.world.faults.append(turn)
        await fleet.launch()
        assert await until(lambda: turn.times == 0, 30)  # the first process is in a turn, and stays there
        await fleet.start(1)
        await fleet.kill(0)
        begun = asyncio.get_running_loop().time()
        asked = dict(fleet.stage.world.calls)
        assert await until(lambda: _listings(fleet) > _listed(asked), 30)
        took = asyncio.get_running_loop().time() - begun
        (launch,) = await fleet.launches()

        await fleet.stage.slack.type_text("alice", "#training", f"/launch cancel {launch.launch_id}")
        launches = await fleet.settle(30)
        code = await fleet.stop(1)

        assert (0, [], "cancelled") == (code, fleet.faults_of(launches), str(launches[0].verdict))
        assert took < 30


def _listings(fleet: Fleet) -> int:
    return _listed(dict(fleet.stage.world.calls))


def _listed(calls: dict[tuple[str, str, str], int]) -> int:
    return sum(number for (_, method, _), number in calls.items() if method == "ListCustomJobs")


@pytest.mark.timeout(300)
async def test_a_terminal_beside_bots_on_postgres_leaves_the_work_to_them(
    tmp_path: Path, postgres: Postgres
) -> None:
    """A terminal has no channel to show cards in: it stores its launch, and follows what a bot does."""
    async with fleet_on(
        tmp_path, busy_day(GOOD), store_url=postgres.url, heartbeat_seconds=HEARTBEAT
    ) as fleet:
        await fleet.start(0)
        ended = await command(
            "launch", "bert-small", "--settings", str(fleet.settings), secrets=fleet.stage.environment()
        )
        (launch,) = await fleet.settle()

        assert 0 == ended.code, ended.err
        assert "The bots on this store do the work" in ended.err
        assert ("succeeded", 1) == (str(launch.verdict), len(fleet.stage.world.items))


@pytest.mark.timeout(300)
async def test_a_cancel_wakes_a_launch_whose_turn_is_minutes_away(tmp_path: Path, postgres: Postgres) -> None:
    """A cancel is not left waiting behind a follow-through that looks every five minutes."""
    slow = GOOD.model_copy(update={"timeline": (("RUNNING", 6000.0),)})
    async with fleet_on(
        tmp_path, busy_day(slow), store_url=postgres.url, heartbeat_seconds=HEARTBEAT
    ) as fleet:
        text = fleet.settings.read_text().replace("follow_first = ", "follow_first = 300.0 #")
        fleet.settings.write_text(text.replace("follow_last = ", "follow_last = 300.0 #"))
        await asyncio.gather(fleet.start(0), fleet.start(1))
        await fleet.launch()
        assert await until(lambda: "Task → Cloud" in fleet.stage.slack.render_text("#training"), 40)
        (launch,) = await fleet.launches()

        begun = asyncio.get_running_loop().time()
        await fleet.stage.slack.type_text("alice", "#training", f"/launch cancel {launch.launch_id}")
        assert await until(
            lambda: fleet.stage.world.calls["aiplatform", "CancelCustomJob", "us-central1"], 10
        )
        took = asyncio.get_running_loop().time() - begun
        launches = await fleet.settle(30)

        assert [] == fleet.faults_of(launches)
        assert took < 10


@pytest.mark.timeout(300)
async def test_a_postgres_that_goes_away_and_comes_back(tmp_path: Path, postgres: Postgres) -> None:
    """While it is away /launch says so and starts nothing; when it is back the bot goes on by itself."""
    async with fleet_on(
        tmp_path, busy_day(GOOD), store_url=postgres.url, heartbeat_seconds=HEARTBEAT
    ) as fleet:
        await fleet.start(0)
        await fleet.launch()
        assert await until(lambda: fleet.stage.world.items, 30)
        postgres.stop()
        refused = await fleet.launch()
        postgres.start()
        launches = await fleet.settle(90)

        assert ([], [refused]) == (fleet.faults_of(launches), fleet.refused)


@pytest.mark.timeout(300)
async def test_a_postgres_that_hangs_and_comes_back(tmp_path: Path, postgres: Postgres) -> None:
    """It takes connections and answers nothing: /launch says so in time, and work goes on afterwards."""
    async with fleet_on(
        tmp_path, busy_day(GOOD), store_url=postgres.url, heartbeat_seconds=HEARTBEAT
    ) as fleet:
        await fleet.start(0)
        await fleet.launch()
        assert await until(lambda: fleet.stage.world.items, 30)
        (before,) = await fleet.launches()
        postgres.freeze()
        refused = await fleet.launch()
        cancel = await fleet.stage.slack.type_text("alice", "#training", f"/launch cancel {before.launch_id}")
        status = await fleet.stage.slack.type_text("alice", "#training", "/launch status")
        postgres.thaw()
        again = await fleet.launch()
        launches = await fleet.settle(90)

        assert ([refused], [before.text, again]) == (fleet.refused, fleet.acked)
        assert "did not answer in time" in str(cancel.response)
        assert status.ok
        assert [] == fleet.faults_of(launches)


@pytest.mark.timeout(300)
async def test_a_turn_whose_end_cannot_be_written_is_told_in_a_line(
    tmp_path: Path, postgres: Postgres
) -> None:
    """What everybody knows to happen is no traceback; the turn is taken again when Postgres is back."""
    async with fleet_on(
        tmp_path, busy_day(GOOD), store_url=postgres.url, heartbeat_seconds=HEARTBEAT
    ) as fleet:
        await fleet.start(0)
        fleet.stage.world.latency["*"] = 1.0  # a turn is under way when Postgres goes
        await fleet.launch()
        assert await until(lambda: fleet.stage.world.calls, 30)
        postgres.stop()
        told = await until(lambda: "the end of a job could not be saved" in fleet.log(0), 30)
        postgres.start()
        fleet.stage.world.latency["*"] = 0.0
        launches = await fleet.settle(90)
        log = fleet.log(0)

        assert ([], True) == (fleet.faults_of(launches), told)
        assert [] == [line for line in log.splitlines() if "Traceback" in line or "never retrieved" in line]


@pytest.mark.timeout(300)
async def test_a_job_whose_end_postgres_never_heard_of(tmp_path: Path, postgres: Postgres) -> None:
    """Postgres may go away just as a turn ends: the queue believes in a turn that nobody takes, for ever."""
    async with fleet_on(
        tmp_path, busy_day(GOOD), store_url=postgres.url, heartbeat_seconds=HEARTBEAT
    ) as fleet:
        await fleet.start(0)
        await fleet.launch()
        assert await until(lambda: fleet.stage.world.items, 30)
        await _lose_the_word_of_an_end(postgres)
        launches = await fleet.settle(60)

        assert [] == fleet.faults_of(launches)


async def _lose_the_word_of_an_end(postgres: Postgres) -> None:
    """Leaves the queue as a lost answer does: the one job that waits is called at work, by the one worker."""
    taken = """
        UPDATE procrastinate_jobs SET status = 'doing',
          worker_id = (SELECT max(id) FROM procrastinate_workers)
        WHERE status = 'todo' RETURNING id"""
    async with await AsyncConnection.connect(postgres.url, autocommit=True) as connection:

        async def once() -> bool:
            # Refused while the turn that queued this job is itself still called at work.
            with contextlib.suppress(UniqueViolation):
                return bool(await (await connection.execute(taken)).fetchall())
            return False

        assert await until(once, 20)
