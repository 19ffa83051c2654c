from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isnan
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import NOW, make_launch

from bot.models.errors import StoreError
from bot.models.launch import Launch, Stage, Verdict
from bot.ports import AuditEntry, SaveConflict
from bot.store import Store
from bot.store.launches import LaunchTable

moments = st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
st.register_type_strategy(datetime, moments)
st.register_type_strategy(float, st.floats(allow_nan=False))
st.register_type_strategy(int, st.integers(0, 2**31 - 1))


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(launch=st.from_type(Launch))
async def test_any_launch_comes_back_as_it_was(store: Store, launch: Launch) -> None:
    """Whatever a launch holds, the store gives back: a step that reads less than was written acts twice."""
    unique = uuid4().hex  # a simpler example may not meet the launch of the one before it
    launch = replace(launch, launch_id=unique, trigger_id=unique, text=unique + launch.text)

    await store.launches.add(launch, dedup_window=10)

    assert launch == await store.launches.get(launch.launch_id)


async def test_a_metric_that_is_no_number_comes_back(store: Store) -> None:
    """A loss of NaN is what a person must see at the end: it may not make the launch unreadable."""
    await store.launches.add(replace(make_launch(), metrics=(("loss", float("nan")),)), dedup_window=10)

    found = await store.launches.get("abcd1234")

    assert found is not None
    assert isnan(found.metrics[0][1])


async def test_the_same_trigger_is_the_same_launch_for_ever(store: Store) -> None:
    """A request that is replayed hours later, even with other words, must not spend money again."""
    await store.launches.add(make_launch("first000", trigger_id="t1"), dedup_window=10)
    replayed = make_launch("second00", trigger_id="t1", text="other", created=NOW + seconds(9999))

    added = await store.launches.add(replayed, dedup_window=10)

    assert (added.launch.launch_id, added.fresh) == ("first000", False)


@pytest.mark.parametrize(
    ("after", "change", "fresh"),
    [
        (9.9, {}, False),
        (10.1, {}, True),
        (1, {"user_id": "U0BEN"}, True),
        (1, {"channel_id": "C0OTHER"}, True),
        (1, {"text": "bert-small lr=0.2"}, True),
    ],
)
async def test_a_double_press_is_one_launch(
    store: Store, after: float, change: dict[str, str], *, fresh: bool
) -> None:
    """Each press has its own trigger: only the same person, channel and words within the window are one."""
    await store.launches.add(make_launch("first000"), dedup_window=10)

    added = await store.launches.add(
        make_launch("second00", created=NOW + seconds(after), **change), dedup_window=10
    )

    assert fresh == added.fresh
    assert ("second00" if fresh else "first000") == added.launch.launch_id


async def test_a_replayed_second_press_is_still_the_first_launch(store: Store) -> None:
    """The second press's own request may be replayed after the window: it meant the first launch."""
    await store.launches.add(make_launch("first000"), dedup_window=10)
    second = make_launch("second00", created=NOW + seconds(5))
    await store.launches.add(second, dedup_window=10)

    late = replace(second, launch_id="third000", created=NOW + seconds(300))
    added = await store.launches.add(late, dedup_window=10)

    assert (added.launch.launch_id, added.fresh) == ("first000", False)


async def test_adding_the_same_launch_again_changes_nothing(store: Store) -> None:
    """Whoever is unsure whether an insert came through may repeat it."""
    await store.launches.add(make_launch(), dedup_window=10)

    added = await store.launches.add(make_launch(), dedup_window=10)

    assert (added.launch, added.fresh) == (make_launch(), False)


async def test_an_id_that_is_taken_is_refused(store: Store) -> None:
    """Two launches with one id would share a run: the second must not start."""
    await store.launches.add(make_launch(), dedup_window=10)

    with pytest.raises(StoreError, match="belongs to another launch"):
        await store.launches.add(make_launch(trigger_id="other", text="other"), dedup_window=10)

    assert await store.launches.get("abcd1234") == make_launch()


async def test_only_one_of_two_workers_saves(store: Store) -> None:
    """Saves are fenced: the slower worker learns that its picture is old, and its write is dropped."""
    launch = (await store.launches.add(make_launch(), dedup_window=10)).launch
    saved = await store.launches.save(replace(launch, stage=Stage.QUEUE))

    with pytest.raises(SaveConflict):
        await store.launches.save(replace(launch, stage=Stage.DONE))

    assert saved == await store.launches.get(launch.launch_id)
    assert (saved.version, saved.stage) == (1, Stage.QUEUE)


async def test_saving_what_is_not_there_is_a_conflict(store: Store) -> None:
    """A launch that was pruned meanwhile must not come back half."""
    with pytest.raises(SaveConflict):
        await store.launches.save(make_launch())

    assert await store.launches.get("abcd1234") is None


async def add_all(store: Store, *launches: Launch) -> None:
    for launch in launches:
        await store.launches.add(launch, dedup_window=0.001)


def ended(launch_id: str, *, age: float) -> Launch:
    launch = make_launch(launch_id, created=NOW - timedelta(days=age), text=launch_id)
    return replace(
        launch, stage=Stage.DONE, verdict=Verdict.SUCCEEDED, ended=NOW - timedelta(days=age, seconds=-60)
    )


async def test_lists_hold_what_is_in_flight_however_old(store: Store) -> None:
    """A restart takes up every unfinished launch; `status` shows those and the recent ones."""
    old_open = make_launch("oldopen0", created=NOW - timedelta(days=30))
    await add_all(
        store, ended("old00000", age=9), ended("new00000", age=0.5), old_open, make_launch("open0000")
    )

    unfinished = [launch.launch_id for launch in await store.launches.unfinished()]
    recent = await store.launches.recent(since=NOW - timedelta(days=1))

    assert ["oldopen0", "open0000"] == unfinished
    assert ["open0000", "new00000", "oldopen0"] == [launch.launch_id for launch in recent]


async def test_a_limit_cuts_finished_launches_only(store: Store) -> None:
    """What is running may never fall off the list."""
    await add_all(store, *(ended(f"done000{n}", age=n / 10) for n in range(1, 5)), make_launch("open0000"))

    recent = await store.launches.recent(since=NOW - timedelta(days=9), limit=2)

    assert ["open0000", "done0001", "done0002"] == [launch.launch_id for launch in recent]


async def test_launches_are_found_by_run_ids(store: Store) -> None:
    """A table of jobs is joined with our launches by exact id."""
    await add_all(store, *(make_launch(name, text=name) for name in ("aaaa0000", "bbbb0000", "cccc0000")))

    found = await store.launches.by_run_ids(["aaaa0000", "cccc0000", "nobody00"])

    assert {"aaaa0000", "cccc0000"} == {launch.launch_id for launch in found}
    assert await store.launches.by_run_ids([]) == ()


async def test_one_unreadable_record_does_not_hide_the_others(
    store: Store, tmp_path_factory: pytest.TempPathFactory, url: str
) -> None:
    """A record of a newer version must not keep the bot from taking up all the rest after a restart."""
    await add_all(store, make_launch("good0000", text="a"), make_launch("bad00000", text="b"))
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        raw.execute(
            "update launch set record = json_set(record, '$.stage', 'dreaming') where launch_id = 'bad00000'"
        )
    raw.close()

    unfinished = await store.launches.unfinished()

    assert ["good0000"] == [launch.launch_id for launch in unfinished]
    with pytest.raises(StoreError, match="stored launch cannot be read: stage"):
        await store.launches.get("bad00000")


async def test_a_record_of_an_older_bot_reads_with_defaults(store: Store, url: str) -> None:
    """After an upgrade the launches in flight lack what the new bot knows, and hold what it forgot."""
    await store.launches.add(make_launch(), dedup_window=10)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
        raw.execute(
            "update launch set record = json_set(json_remove(record, '$.withdrawn', '$.metrics', '$.curve',"
            " '$.expires', '$.cost'), '$.mood', 'good')"
        )
    raw.close()

    assert make_launch() == await store.launches.get("abcd1234")


async def test_a_launch_that_ends_while_the_list_is_read_is_in_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two readings make the list: what ends between them must not be missing from both."""
    launch = (await store.launches.add(make_launch(), dedup_window=10)).launch
    read = LaunchTable._read

    async def read_and_end(table: LaunchTable, query: Any) -> tuple[Launch, ...]:
        found = await read(table, query)
        if (await store.launches.get(launch.launch_id)) == launch:
            await store.launches.save(replace(launch, stage=Stage.DONE, ended=NOW))
        return found

    monkeypatch.setattr(LaunchTable, "_read", read_and_end)

    assert [Stage.DONE] == [one.stage for one in await store.launches.recent(since=NOW)]


async def test_a_start_belongs_to_one_launch_until_it_is_old(store: Store) -> None:
    """Two launches start one runner; a launch whose process died does not block the others for ever."""
    place = {"job": "runner", "region": "us-central1", "queue": "q"}

    async def ask(launch_id: str, after: float) -> str:
        return await store.launches.claim_start(
            **place, launch_id=launch_id, now=NOW + seconds(after), ttl=60
        )

    holders = [await ask("aaaa", 0), await ask("bbbb", 30), await ask("aaaa", 50), await ask("bbbb", 100)]
    taken_over = await ask("bbbb", 111)
    await store.launches.release_start(**place, launch_id="aaaa")
    not_theirs = await ask("aaaa", 112)
    await store.launches.release_start(**place, launch_id="bbbb")

    assert ["aaaa", "aaaa", "aaaa", "aaaa"] == holders
    assert ("bbbb", "bbbb", "aaaa") == (taken_over, not_theirs, await ask("aaaa", 113))


async def test_a_claim_from_the_future_is_taken_over(store: Store) -> None:
    """After the clock was set back a claim would otherwise hold for as long as it was ahead."""
    place = {"job": "runner", "region": "us-central1", "queue": "q"}
    tomorrow = NOW + timedelta(days=1)
    await store.launches.claim_start(**place, launch_id="aaaa", now=tomorrow, ttl=60)

    holder = await store.launches.claim_start(**place, launch_id="bbbb", now=NOW, ttl=60)

    assert holder == "bbbb"


async def test_pruning_forgets_what_ended_and_nothing_in_flight(store: Store) -> None:
    """The store must not grow for ever, and may never lose a launch that is still followed."""
    old_open = make_launch("oldopen0", created=NOW - timedelta(days=300))
    await add_all(store, ended("old00000", age=100), ended("new00000", age=10), old_open)
    for target in ("old00000", "new00000", "oldopen0", "refused"):
        at = NOW - timedelta(days=100)
        await store.audit.record(
            AuditEntry(at=at, actor="U0ANA", action="launch", target=target, outcome="ok")
        )

    gone = await store.launches.prune(before=NOW - timedelta(days=90))

    assert gone == 1
    assert await store.launches.get("old00000") is None
    kept = await store.launches.recent(since=NOW - timedelta(days=999))
    assert {"new00000", "oldopen0"} == {launch.launch_id for launch in kept}
    audit = await store.audit.entries(since=NOW - timedelta(days=999))
    assert {"new00000", "oldopen0"} == {entry.target for entry in audit}


async def test_a_pruned_launch_frees_its_words(store: Store) -> None:
    """What was forgotten may be asked for again without pointing at nothing."""
    await add_all(store, ended("old00000", age=100))
    await store.launches.prune(before=NOW)

    added = await store.launches.add(replace(ended("new00000", age=100), text="old00000"), dedup_window=10)

    assert added.fresh


async def test_who_gave_up_waiting_gets_no_launch(store: Store, url: str) -> None:
    """The ack said "nothing started": an insert that comes through afterwards must not spend money."""
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await store.launches.add(make_launch(), dedup_window=10)
    other.execute("rollback")
    other.close()
    again = await store.launches.add(make_launch("again000"), dedup_window=10)

    assert await store.launches.get("abcd1234") is None
    assert ("again000", True) == (again.launch.launch_id, again.fresh)
