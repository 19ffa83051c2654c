"""Nothing starts long after it was asked for: not by us, and not by a runner that finds an old item."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from rig import Rig
from test_launch_wait import kind, waiting

from bot.models.launch import FailureKind, Launch, Stage, Verdict
from bot.ports import MessageKind

PUSH, START = "pushToRunQueueByName", "RunJob"
DAYS = timedelta(days=3)
EXPIRES = 120 + 1800  # seconds after the request, with the settings as they stand
TAKEN_OUT = "taken out of the queue; "


async def outcomes(rig: Rig) -> list[str]:
    """The outcomes in the audit of launches, oldest first."""
    entries = await rig.store.audit.entries(since=rig.clock.time - timedelta(days=900))
    return [entry.outcome for entry in reversed(entries) if entry.action == "launch"]


async def came_back(rig: Rig, launch: Launch, away: timedelta = DAYS) -> Launch:
    """The launch at its end, when the bot was away for so long and finds it in the store."""
    rig.clock.time += away
    return await rig.to_end(launch, acts=False)


@pytest.mark.parametrize("stage", [Stage.ANNOUNCE, Stage.QUEUE])
async def test_a_launch_of_three_days_ago_is_not_started(rig: Rig, stage: Stage) -> None:
    """Whoever asked has long done something else: nothing is sent, and the person is asked to type again."""
    launch = await rig.launch()
    await rig.to_stage(launch, stage) if stage is not Stage.ANNOUNCE else None

    ended = await came_back(rig, launch)

    assert (Verdict.FAILED, FailureKind.NOT_STARTED) == (ended.verdict, kind(ended))
    assert (0, 0, {}) == (rig.calls(PUSH), rig.calls(START), rig.world.items)
    assert (1, 1) == (len(rig.cards()), len(rig.replies(launch)))
    assert "Nothing reached the queue within 120 s. Type it again." in rig.thread()
    assert ["not started"] == await outcomes(rig)


async def test_nothing_is_sent_when_the_time_to_start_is_over(rig: Rig) -> None:
    """W&B refuses again and again: after two minutes the person knows, and nothing starts later."""
    outage = rig.fault("wandb", PUSH, status="429")
    launch = await rig.launch()

    ended = await rig.to_end(launch)
    outage.times = 0

    assert kind(ended) is FailureKind.NOT_STARTED
    assert 120 <= (rig.clock.time - launch.created).total_seconds() < 122
    assert [] == rig.items(launch)
    assert "W&" in rig.thread()


async def test_with_slack_away_nothing_is_sent_later(rig: Rig) -> None:
    """The card could not be posted for two minutes: once Slack is back it says that nothing was started."""
    rig.slack.set_faults(server_errors={"chat.postMessage": 8})
    launch = await rig.launch()

    ended = await rig.to_end(launch)

    assert kind(ended) is FailureKind.NOT_STARTED
    assert (0, 1, 1) == (rig.calls(PUSH), len(rig.cards()), len(rig.replies(launch)))


async def test_a_lost_push_that_is_not_there_is_not_sent_again_later(rig: Rig) -> None:
    """The answer was lost and the bot was away: the queue is looked into, and nothing is sent any more."""
    rig.fault("wandb", PUSH, status="drop", times=1)
    launch = await rig.launch()
    await rig.until(launch, lambda now: now.trouble, acts=False)

    ended = await came_back(rig, launch)

    assert (FailureKind.NOT_STARTED, 1, 0) == (kind(ended), rig.calls(PUSH), rig.calls(START))
    assert [] == rig.items(launch)
    assert "Nothing reached the queue within 120 s." in rig.thread()
    assert "Nothing was sent" not in rig.thread()


@pytest.mark.parametrize("stage", ["push lost", Stage.RUNNER, "start lost", Stage.WAIT, Stage.FOLLOW])
async def test_an_item_of_three_days_ago_is_taken_out_first(rig: Rig, stage: Stage | str) -> None:
    """The bot comes back to an item that still waits: it is out before anything else, and nobody pays."""
    launch = await rig.launch()
    if stage == "push lost":
        rig.fault("wandb", PUSH, status="drop", after_effect=True, times=1)
        await rig.until(launch, lambda now: now.trouble, acts=False)
    elif stage == "start lost":
        rig.fault("run", START, status="UNAVAILABLE", times=1)
        await rig.until(launch, lambda now: now.runner and now.runner.intended, acts=False)
    elif stage is Stage.FOLLOW:
        await rig.pass_by(launch, 200)
    else:
        await rig.to_stage(launch, Stage(stage))
    for runner in rig.started(launch):
        rig.end_runner(runner)
    pushed, started = rig.calls(PUSH), rig.calls(START)
    rig.clock.time += DAYS

    await rig.turn(launch)
    gone = rig.item(launch).removed
    ended = await rig.to_end(launch)

    assert gone
    assert (Verdict.FAILED, FailureKind.QUEUE_EXPIRED) == (ended.verdict, kind(ended))
    assert (pushed, started, {}) == (rig.calls(PUSH), rig.calls(START), rig.world.jobs)
    # A runner that was started for it, or may have been, has cost money.
    free = stage in ("push lost", Stage.RUNNER)
    assert TAKEN_OUT + ("nothing was spent" if free else "no job was made") in rig.thread()
    assert (1, 1) == (len(rig.cards()), len(rig.replies(launch)))
    assert "expired" == (await outcomes(rig))[-1]


async def test_an_item_that_nobody_takes_expires(rig: Rig) -> None:
    """A runner lives and takes nothing: half an hour after the wait the item is out, and it is said."""
    launch = await waiting(rig)

    before = await rig.pass_by(launch, EXPIRES - 10)
    still_there = not rig.item(launch).removed
    ended = await rig.to_end(launch, acts=False)

    assert (Verdict.TIMED_OUT, True) == (before.verdict, still_there)
    assert (FailureKind.QUEUE_EXPIRED, True) == (kind(ended), rig.item(launch).removed)
    assert (rig.clock.time - launch.created).total_seconds() < EXPIRES + 30
    assert "No runner took the item within 32 min" in rig.thread()
    assert "queue item pending" not in rig.thread()


async def test_the_time_out_says_when_the_item_is_taken_out(rig: Rig) -> None:
    """Whoever goes home must know until when a job may still come."""
    launch = await waiting(rig)

    now = await rig.pass_by(launch, 200)

    assert now.expires == launch.created + timedelta(seconds=EXPIRES)
    assert f"and the bot does so at {now.expires:%H:%M} UTC." in rig.thread()


async def test_a_runner_started_later_finds_nothing_old(rig: Rig) -> None:
    """Another launch needs a runner first: the old item is taken out before that runner starts."""
    old = await rig.launch()
    await rig.to_stage(old, Stage.RUNNER)
    rig.clock.time += DAYS
    young = await rig.launch()

    await rig.to_stage(young, Stage.WAIT)
    rig.act()
    ended = await rig.to_end(old, acts=False)

    assert 1 == len(rig.started(young))
    assert [young.launch_id] == [job.labels["wandb-run-id"] for job in rig.world.jobs.values()]
    assert kind(ended) is FailureKind.QUEUE_EXPIRED


async def test_no_runner_is_started_while_an_old_item_cannot_be_taken_out(rig: Rig) -> None:
    """A runner started now would take the item that nobody wants any more."""
    old = await rig.launch()
    await rig.to_stage(old, Stage.RUNNER)
    rig.clock.time += DAYS
    outage = rig.fault("wandb", "deleteFromRunQueue", status="503")
    young = await rig.launch()

    now = await rig.until(young, lambda now: now.trouble, acts=False)
    assert [] == rig.started(young)
    assert "W&B" in now.trouble
    outage.times = 0
    await rig.to_stage(young, Stage.WAIT)

    assert (True, 1) == (rig.item(old).removed, len(rig.started(young)))


@pytest.mark.parametrize("service", ["wandb", "aiplatform"])
async def test_nothing_is_called_over_while_it_cannot_be_asked(rig: Rig, service: str) -> None:
    """ "Nothing was spent" is said once queue and Vertex AI have been asked, however long that takes."""
    launch = await waiting(rig)
    outage = rig.fault(service, "", status="UNAVAILABLE" if service == "aiplatform" else "503")
    rig.clock.time += timedelta(days=8)

    for _ in range(10):
        now = await rig.turn(launch)
    assert (None, FailureKind.QUEUE_EXPIRED) != (now.ended, kind(now))
    assert now.ended is None
    outage.times = 0
    ended = await rig.to_end(launch, acts=False)

    assert (FailureKind.QUEUE_EXPIRED, True) == (kind(ended), rig.item(launch).removed)


async def test_an_agent_that_was_quicker_wins(rig: Rig) -> None:
    """Claimed in the moment in which it is taken out: its job runs, so it is shown and not denied."""
    launch = await waiting(rig)
    await rig.pass_by(launch, EXPIRES - 10)
    await rig.until(launch, lambda now: now.withdrawn, acts=False)
    rig.make_job(rig.item(launch))

    now = await rig.until(launch, lambda now: now.job, acts=False)

    assert (Verdict.SUBMITTED, None) == (now.verdict, now.ended)


@pytest.mark.parametrize("region", ["us-central1", "europe-west4"])
async def test_a_job_that_is_there_is_followed_however_old(rig: Rig, region: str) -> None:
    """While the bot was away an agent did its work, in its own region: the job is found by its label."""
    launch = await rig.launch()
    await rig.to_stage(launch, Stage.RUNNER)
    job = rig.make_job(rig.item(launch))
    job.region, rig.item(launch).removed = region, True
    rig.end_job(job)

    ended = await came_back(rig, launch)

    assert (Verdict.SUCCEEDED, region) == (ended.verdict, ended.region)


async def test_an_item_that_an_agent_holds_is_not_expired(rig: Rig) -> None:
    """Claimed: a job may come any moment, so it is not said that nothing was spent."""
    launch = await waiting(rig)
    rig.item(launch).state = "CLAIMED"

    now = await rig.pass_by(launch, EXPIRES + 60)

    assert kind(now) in (None, FailureKind.LOST_AFTER_CLAIM)
    assert not rig.item(launch).removed


async def test_a_cancel_of_an_old_launch_is_a_cancel(rig: Rig) -> None:
    """Who cancelled before the bot went away is told that it was cancelled."""
    launch = await rig.launch()
    await rig.to_stage(launch, Stage.RUNNER)
    await rig.cancel(launch)

    ended = await came_back(rig, launch)

    assert (Verdict.CANCELLED, True) == (ended.verdict, rig.item(launch).removed)


async def test_a_launch_of_an_older_bot_expires_by_the_settings(rig: Rig) -> None:
    """Records of before know no expiry: they must not wait for ever in the queue either."""
    launch = await waiting(rig)
    await change(rig, launch, expires=None)

    ended = await came_back(rig, launch)

    assert kind(ended) is FailureKind.QUEUE_EXPIRED


async def change(rig: Rig, launch: Launch, **changes: Any) -> None:
    await rig.store.launches.save(replace(await rig.read(launch), **changes))


async def test_the_card_that_a_crash_left_unnoted_is_found(rig: Rig) -> None:
    """A card of three days ago is edited to say how it ended: no second card beside it."""
    launch = await rig.launch()
    await change(rig, launch, card_intended=rig.clock.time)
    await rig.tools.notifier.post(await rig.read(launch))

    await came_back(rig, launch)

    found = await rig.tools.notifier.find(await rig.read(launch), kind=MessageKind.CARD)
    assert (1, True) == (len(rig.cards()), found is not None)
    assert "Not started:" in rig.thread()
