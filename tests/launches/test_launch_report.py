from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rig import ALICE, CHANNEL, Rig, rig_in

from bot.launches.worker import LaunchWorker
from bot.models.launch import Launch, Stage, Verdict
from bot.sandbox.slack.settings import DEFAULT_SCOPES, SlackSettings


async def ready_to_report(rig: Rig) -> Launch:
    launch = await rig.launch()
    return await rig.to_stage(launch, Stage.REPORT, acts=True)


@pytest.mark.parametrize(
    "faults",
    [
        {"server_errors": {"chat.update": 3}},
        {"rate_limited": {"chat.postMessage": 4}, "retry_after": 1},
        {"refusals": {"chat.postMessage": ["internal_error"] * 3}},
    ],
    ids=["5xx", "429", "internal_error"],
)
async def test_the_outcome_is_delivered_when_slack_is_back(rig: Rig, faults: dict[str, Any]) -> None:
    """The team relies on the last word: Slack being away delays it and loses nothing."""
    launch = await ready_to_report(rig)
    rig.slack.set_faults(**faults)

    ended = await rig.to_end(launch)

    assert (Verdict.SUCCEEDED, 1) == (ended.verdict, len(rig.replies(launch)))


async def test_a_reply_whose_answer_was_lost_is_found_again(rig: Rig) -> None:
    """Slack has no idempotency key: the reply is looked up in the thread by its metadata, not repeated."""
    launch = await ready_to_report(rig)
    rig.slack.set_faults(lost_answers={"chat.postMessage": 1})

    ended = await rig.to_end(launch)

    assert 1 == len(rig.replies(launch))
    assert ended.reply is not None
    assert ended.reply.ts == rig.replies(launch)[0].ts


async def test_a_reply_that_was_not_posted_is_posted(rig: Rig) -> None:
    """Killed between intent and post: the thread shows that there is no reply, so it is posted."""
    launch = await ready_to_report(rig)
    now = await rig.read(launch)
    await rig.store.launches.save(replace(now, reply_intended=rig.clock.time))

    await rig.to_end(launch)

    assert 1 == len(rig.replies(launch))


async def test_a_card_whose_answer_was_lost_is_found_again(rig: Rig) -> None:
    """One launch, one card: the one that Slack posted without telling us is edited from then on."""
    rig.slack.set_faults(lost_answers={"chat.postMessage": 1})
    launch = await rig.launch()

    ended = await rig.to_end(launch)

    assert 1 == len(rig.cards())
    assert ended.card is not None
    assert ended.card.ts == rig.cards()[0].ts


async def test_without_the_history_scope_a_reply_is_not_repeated(tmp_path: Path) -> None:
    """Where nobody can tell whether it was posted, the card says it already: a second is noise."""
    scopes = DEFAULT_SCOPES - {"channels:history", "groups:history"}
    async with rig_in(tmp_path, slack=SlackSettings(rate_limits=False, scopes=scopes)) as rig:
        launch = await ready_to_report(rig)
        rig.slack.set_faults(lost_answers={"chat.postMessage": 1})

        ended = await rig.to_end(launch)

        assert (Verdict.SUCCEEDED, 1) == (ended.verdict, len(rig.replies(launch)))


async def test_a_deleted_card_ends_the_launch_all_the_same(rig: Rig) -> None:
    """Somebody may delete the card: there is nothing to edit, and no reason to try for ever."""
    launch = await ready_to_report(rig)
    card = rig.cards()[0]
    rig.slack.world.messages.delete(card)

    ended = await rig.to_end(launch)

    assert Stage.DONE is ended.stage


async def test_a_bot_put_out_of_the_channel_ends_the_launch(rig: Rig) -> None:
    """Nobody can be told there any more; the launch must not be tried for ever."""
    launch = await ready_to_report(rig)
    rig.slack.set_faults(refusals={"*": ["not_in_channel"] * 20})

    ended = await rig.to_end(launch)

    assert Stage.DONE is ended.stage


async def test_where_the_bot_is_no_member_nothing_is_started(rig: Rig) -> None:
    """A private "invite me" is all that a person gets, also when the bot was killed in the middle of it."""
    launch = await rig.launch(channel_id="C0RANDOM")

    ended = await rig.to_end(launch)

    assert (Verdict.REFUSED, []) == (ended.verdict, rig.items(launch))


async def test_a_refusal_that_was_interrupted_is_finished(rig: Rig) -> None:
    """The channel's history may not be read either where the bot is no member: that is no surprise."""
    launch = await rig.launch(channel_id="C0RANDOM")
    await rig.store.launches.save(replace(launch, card_intended=rig.clock.time))

    ended = await rig.to_end(launch)

    assert Verdict.REFUSED is ended.verdict


async def test_a_card_that_showed_the_art_can_become_failed(rig: Rig) -> None:
    """Slack refuses an edit that drops a message's rich text: the failure must still reach the card."""
    launch = await rig.launch()
    await rig.to_stage(launch, Stage.WAIT)
    job = rig.make_job(rig.item(launch))
    await rig.until(launch, lambda now: now.job, acts=False)
    await rig.slack.wait_until(lambda: "Task → Cloud" in rig.thread(), 30)
    rig.end_job(job, "FAILED")

    await rig.to_end(launch, acts=False)

    assert "Failed:" in str(rig.cards()[0].body["blocks"])
    assert "Task → Cloud" not in str(rig.cards()[0].body["blocks"])


async def test_a_card_whose_blocks_are_refused_says_it_in_words(rig: Rig) -> None:
    """A mistake in the looks must not stop a launch: the words alone are posted."""
    rig.slack.set_faults(refusals={"chat.postMessage": ["invalid_blocks"]})
    launch = await rig.launch()

    now = await rig.to_stage(launch, Stage.QUEUE)

    assert now.card is not None
    assert "Launching" in rig.cards()[0].body["text"]


async def test_a_cancel_that_meets_a_lost_card_finds_it(rig: Rig) -> None:
    """Posted but not noted, then cancelled: the card must not say "Launching" for ever."""
    rig.slack.set_faults(lost_answers={"chat.postMessage": 1})
    launch = await rig.launch()
    await rig.turn(launch)
    await rig.service.cancel(launch.launch_id, user_id=ALICE, user_name="alice")

    await rig.to_end(launch)

    assert 1 == len([one for one in rig.slack.world.messages.of(CHANNEL) if not one.is_reply])
    assert "Cancelled" in str(rig.cards()[0].body["blocks"])


async def test_a_full_disk_stops_no_launch_for_good(rig: Rig) -> None:
    """A save that fails happens before its effect: nothing is spent unwritten; the launch goes on later."""
    launch_worker = LaunchWorker(rig.tools)
    launch = await rig.launch()
    await rig.to_stage(launch, Stage.QUEUE)
    async with rig.store._database.write() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1")
        await connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE UPDATE ON launch BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )

    due = await launch_worker.run_step(launch.launch_id)
    assert (True, []) == (due is not None, rig.items(launch))
    async with rig.store._database.write() as connection:
        await connection.exec_driver_sql("DROP TRIGGER full")
        await connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    ended = await rig.to_end(launch)

    assert Verdict.SUCCEEDED is ended.verdict
