"""One launch, one effect: pressed twice, repeated by Slack, stored before it is acknowledged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import aiohttp
import aiosqlite
from bed import Bed, bot_on, running, scenario, stage_on

from bot.sandbox.slack.http_mode import signature

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_the_same_words_twice_are_one_launch_and_a_private_link() -> None:
    """Impatient people press again; they get the link to the card, not a second GPU bill."""
    async with bot_on() as bed:
        await bed.type("/launch bert-small")
        await bed.until_shown("Queued in")
        again = await bed.type("/launch bert-small")
        other = await bed.type("/launch bert-small lr=0.01")
        await bed.until(lambda: len(bed.queued()) == 2)

        assert "You asked for that a moment ago" in again.response["text"]
        assert "/archives/C0TRAINING/p" in again.response["text"]
        assert {} == other.response
        assert 2 == len(await bed.launches())


async def test_the_same_command_delivered_twice_is_one_launch() -> None:
    """Slack repeats what it believes lost, with the same trigger: it must not cost a second time."""
    async with bot_on(dedup_window=0.001) as bed:
        payload = bed.command("/launch")
        first = await bed.deliver("slash_commands", payload)
        second = await bed.deliver("slash_commands", payload)
        await bed.settled("succeeded")

        assert (True, True) == (first.ok, second.ok)
        assert {"RunJob": 1, "pushToRunQueueByName": 1} == bed.effects()
        assert 1 == len([one for one in bed.slack.messages("#training") if not one.is_reply])


async def test_an_acknowledged_launch_is_in_the_store_already() -> None:
    """Whoever saw the ack may close the laptop: a process killed right after it takes the launch up again."""
    async with stage_on() as (stage, folder):
        path = stage.write_settings(folder)
        async with running(stage, path) as bed:
            stage.slack.set_faults(outage_seconds=2)
            outcome = await bed.type("/launch")
            (acked,) = await bed.launches()
        async with running(stage, path) as bed:
            await bed.settled("succeeded")
            (resumed,) = await bed.launches()

    assert (True, None) == (outcome.ok, acked.card)
    assert acked.launch_id == resumed.launch_id
    assert 1 == len(bed.queued())


@asynccontextmanager
async def _locked(bed: Bed) -> AsyncIterator[None]:
    """Somebody else writes into the store's file and does not end."""
    file = bed.settings.store.url.removeprefix("sqlite:///")
    async with aiosqlite.connect(file) as other:
        await other.execute("BEGIN IMMEDIATE")
        yield


async def test_a_store_that_cannot_be_written_starts_nothing_and_says_so() -> None:
    """An ack means that the launch exists; if it does not, the person must know at once."""
    async with bot_on(insert=0.3) as bed:
        async with _locked(bed):
            outcome = await bed.type("/launch")
        await asyncio.sleep(0)
        after = await bed.type("/launch")
        await bed.settled("succeeded")

        assert outcome.ok
        assert "Nothing was started" in outcome.response["text"]
        assert outcome.milliseconds < 2_000
        assert after.ok
        assert 1 == len(bed.queued())


async def test_http_mode_refuses_a_wrong_signature() -> None:
    """Anybody can find the address; only Slack knows the secret."""
    async with bot_on(http=True) as bed, aiohttp.ClientSession() as session:
        body = urlencode({name: str(value) for name, value in bed.command("/launch").items()})
        statuses = []
        for headers in (signature("wrong-secret", body), signature(bed.slack.signing_secret, body, at=1), {}):
            async with session.post(bed.request_url, data=body, headers={**FORM, **headers}) as answer:
                statuses.append(answer.status)

        assert [401, 401, 401] == statuses
        assert ((), {}) == (await bed.launches(), bed.effects())


async def test_http_mode_replayed_within_five_minutes_is_one_launch() -> None:
    """A signature stays good for five minutes: a replay of the very same request must have no effect."""
    async with bot_on(http=True, dedup_window=0.001) as bed, aiohttp.ClientSession() as session:
        body = urlencode({name: str(value) for name, value in bed.command("/launch").items()})
        headers = {**FORM, **signature(bed.slack.signing_secret, body)}
        statuses = []
        for _ in range(3):
            async with session.post(bed.request_url, data=body, headers=headers) as answer:
                statuses.append(answer.status)
        await bed.settled("succeeded")

        assert [200, 200, 200] == statuses
        assert {"RunJob": 1, "pushToRunQueueByName": 1} == bed.effects()


async def test_http_mode_does_what_socket_mode_does() -> None:
    """The two ways in are one product: the address answers Slack's challenge, commands and presses."""
    async with bot_on(http=True) as bed:
        verified = await bed.slack.verify_request_url()
        await bed.type("/launch")
        await bed.until_shown("Task → Cloud")
        await bed.type("/monitor runs")
        await bed.until_shown("Active W&B runs")
        pressed = await bed.slack.press("alice", "#training", "monitor_refresh")

        assert (True, True) == (verified, pressed.ok)


async def test_an_enterprise_grid_s_payloads_are_understood() -> None:
    """On a Grid the team may be null and names may lack: the launch still has an owner who may cancel it."""
    async with bot_on(scenario(launch=()), workspace={"enterprise": True}) as bed:
        command = bed.command("/launch") | {"user_name": "", "is_enterprise_install": "true"}
        outcome = await bed.deliver("slash_commands", command)
        await bed.until(lambda: bed.slack.messages("#training"))
        (launch,) = await bed.launches()
        card = bed.slack.messages("#training")[0]
        payload = bed.press_payload(card, "launch_cancel", launch.launch_id)
        payload |= {"team": None, "user": {"id": "U0ALICE", "team_id": bed.team}}
        pressed = await bed.deliver("interactive", payload)
        await bed.settled("cancelled")
        (ended,) = await bed.launches()

        assert (True, True) == (outcome.ok, pressed.ok)
        assert (bed.team, "U0ALICE", "U0ALICE") == (launch.team_id, launch.user_name, ended.cancel_by)
        json.dumps(payload)
