"""How many launches may be in flight: a refusal says which limit, how many there are, and what to do."""

from __future__ import annotations

import asyncio

from bed import Bed, bot_on, brief, running, scenario, stage_on, write_in
from processes import command

from bot.sandbox.world.scripts import LaunchScript

# Jobs that run on: whatever was taken stays in flight.
LONG = (LaunchScript.model_validate({"timeline": "RUNNING 3600"}),)
OWN = "You have 4 launches in flight and the limit is 4 ([limits] in_flight_per_person)."
ADVICE = "Wait for one to end, or cancel one: /launch cancel ID."


async def refusals(bed: Bed) -> list[str]:
    """The refusals in the audit."""
    entries = await bed.store.audit.entries(since=bed.start)
    return [entry.detail for entry in entries if (entry.action, entry.outcome) == ("launch", "refused")]


async def test_of_forty_launches_of_a_person_four_are_started() -> None:
    """Forty presses of a script or a stuck key are forty bills: by default four are taken, 36 refused."""
    async with bot_on(scenario(launch=LONG)) as bed:
        typed = (bed.type(f"/launch bert-small lr={number / 1e5:.5f}") for number in range(1, 41))
        said = [str(one.response.get("text", "")) for one in await asyncio.gather(*typed)]
        await bed.until(lambda: len(bed.queued()) == 4)
        launches, noted = await bed.launches(), await refusals(bed)
        other = await bed.type("/launch", user="bob")
        await bed.until(lambda: len(bed.queued()) == 5)

    refused = [words for words in said if words]
    assert (4, 36, 36) == (len(launches), len(refused), len(noted))
    assert {f"Nothing was started. {OWN} {ADVICE}"} == set(refused)
    assert {} == other.response


async def test_a_cancel_makes_room_and_a_second_press_is_no_more() -> None:
    """At the limit the same words again are the same launch; and what the refusal advises works."""
    async with bot_on(scenario(launch=LONG), tables={"limits": {"in_flight_per_person": 1}}) as bed:
        await bed.type("/launch bert-small")
        await bed.until_shown("Queued in")
        again = await bed.type("/launch bert-small")
        refused = await bed.type("/launch bert-small lr=0.01")
        (launch,) = await bed.launches()
        await bed.type(f"/launch cancel {launch.launch_id}")
        await bed.settled("cancelled")
        await bed.type("/launch bert-small lr=0.01")
        await bed.until(lambda: len(bed.queued()) == 2)

    assert "You asked for that a moment ago" in again.response["text"]
    assert "You have 1 launch in flight and the limit is 1" in refused.response["text"]


async def test_a_relaunch_above_the_limit_is_refused_privately() -> None:
    """A press spends as much as a command: it is counted, refused and noted in the same way."""
    played = scenario(launch=(*brief().launch, *LONG))
    async with bot_on(played, tables={"limits": {"in_flight": 1}}) as bed:
        await bed.type("/launch")
        await bed.settled("succeeded")
        await bed.type("/launch bert-small lr=0.02", user="bob")
        await bed.until(lambda: len(bed.queued()) == 2)
        await bed.slack.press("alice", "#training", "launch_relaunch")
        await bed.until(lambda: any("Nothing was started. There is 1 launch" in note for note in bed.notes()))
        noted = await refusals(bed)

        assert 2 == len(await bed.launches())
        assert ["There is 1 launch in flight"] == [words.split(" and ")[0] for words in noted]


async def test_a_terminal_counts_too() -> None:
    """Whoever launches from a terminal spends the same money from the same store."""
    async with stage_on(scenario(launch=LONG)) as (stage, folder):
        path = stage.write_settings(folder)
        write_in(path, "limits", in_flight=1)
        async with running(stage, path) as bed:
            await bed.type("/launch")
            await bed.until(bed.queued)
            ended = await command("launch", "--settings", str(path), secrets=stage.environment())
            launches = await bed.launches()

    assert (1, 1) == (ended.code, len(launches))
    assert "Nothing was started. There is 1 launch in flight and the limit" in ended.err
