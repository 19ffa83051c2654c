"""How many launches may be in flight: counted where they are stored, however many come at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from store_samples import NOW, make_launch
from test_store_processes import Start, answers

from bot.models.launch import Launch, Stage, Verdict
from bot.ports import Added, CapReached, Caps
from bot.store import Store

FOUR = Caps(per_person=4)


def other(number: int, *, user_id: str = "U0ANA") -> Launch:
    """A launch that has nothing in common with those of other numbers, but for its person."""
    return make_launch(f"n{number:07}", text=f"lr={number}", user_id=user_id)


async def ask(store: Store, launches: list[Launch], caps: Caps) -> list[Added | BaseException]:
    asked = (store.launches.add(launch, dedup_window=10, caps=caps) for launch in launches)
    return await asyncio.gather(*asked, return_exceptions=True)


def accepted(answers: list[Added | BaseException]) -> int:
    """How many were stored; every other one must be refused for a cap, and for nothing else."""
    assert all(isinstance(one, Added | CapReached) for one in answers), answers
    return sum(isinstance(one, Added) and one.fresh for one in answers)


async def test_of_forty_at_once_four_are_stored(store: Store) -> None:
    """Those that come together are written in one transaction, in which each counts those before it."""
    said = await ask(store, [other(number) for number in range(40)], FOUR)

    refused = next(one for one in said if isinstance(one, CapReached))
    assert (4, 4) == (accepted(said), len(await store.launches.unfinished()))
    assert (True, 4, 4) == (refused.per_person, refused.in_flight, refused.cap)


async def test_two_processes_on_one_file_count_together(start: Start, store: Store, url: str) -> None:
    """A terminal beside the bot is a second process: together they may not store more than one alone."""
    said = answers(start("crowd", url, "aaa"), start("crowd", url, "bbb"))

    assert 4 == sum(int(words[0]) for words in said)
    assert 4 == len(await store.launches.unfinished())


async def test_the_limit_of_all_people_counts_all_people(store: Store) -> None:
    """Each may be far from their own limit: the machines are everybody's."""
    crowd = [other(number, user_id=f"U{number % 10}") for number in range(30)]

    said = await ask(store, crowd, Caps(per_person=4, overall=7))

    refused = next(one for one in said if isinstance(one, CapReached))
    assert (7, False, 7) == (accepted(said), refused.per_person, refused.cap)


async def test_without_a_limit_nobody_is_refused(store: Store) -> None:
    """Switched off is off, for each of the two by itself."""
    assert 40 == accepted(await ask(store, [other(number) for number in range(40)], Caps()))
    assert 0 == accepted(await ask(store, [other(99)], Caps(overall=40)))
    assert 1 == accepted(await ask(store, [other(99, user_id="U0BEN")], FOUR))


async def test_the_same_launch_again_is_not_one_more(store: Store) -> None:
    """Whoever presses twice at their limit gets the link to their card, not a refusal."""
    first = other(0)
    await ask(store, [first, other(1), other(2), other(3)], FOUR)
    replayed = replace(other(8), trigger_id=first.trigger_id)
    pressed_again = replace(other(9), text=first.text)

    said = await ask(store, [first, replayed, pressed_again], FOUR)

    assert [first.launch_id] * 3 == [one.launch.launch_id for one in said if isinstance(one, Added)]
    assert 0 == accepted(said)


async def test_an_end_makes_room(store: Store) -> None:
    """Counted is what may still spend: from its outcome on a launch counts no more, told or not."""
    await ask(store, [other(number) for number in range(4)], FOUR)
    ended = await store.launches.get("n0000000")
    assert ended is not None
    await store.launches.save(replace(ended, stage=Stage.REPORT, verdict=Verdict.FAILED, ended=NOW))

    said = await ask(store, [other(10), other(11)], FOUR)

    assert 1 == accepted(said)


async def test_words_that_were_refused_are_free_again(store: Store) -> None:
    """Whoever was refused types the same once there is room: that is a new launch, not the old press."""
    await ask(store, [other(number) for number in range(4)], FOUR)
    refused = [other(10), other(11)]
    assert 0 == accepted(await ask(store, refused, FOUR))
    later = NOW + timedelta(seconds=1)

    said = await ask(store, [replace(one, created=later) for one in refused], Caps())

    assert 2 == accepted(said)
