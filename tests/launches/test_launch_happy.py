from __future__ import annotations

from rig import Rig

from bot.models.cost import Cost
from bot.models.launch import Stage, Verdict


async def test_a_launch_that_works_has_one_of_everything(rig: Rig) -> None:
    """The plain case, counted where money is spent: one item, one runner, one card, one closing reply."""
    launch = await rig.launch()

    ended = await rig.to_end(launch)

    assert ended.verdict is Verdict.SUCCEEDED
    assert (1, 1, 1, 1) == (
        len(rig.items(launch)), len(rig.started(launch)), len(rig.cards()), len(rig.replies(launch))
    )  # fmt: skip
    assert "Task → Cloud" in rig.thread()


async def test_whoever_spends_money_is_written_down(rig: Rig) -> None:
    """Who queued what, and for whom a runner was started, is asked when the bill comes."""
    launch = await rig.launch()

    await rig.to_end(launch)

    entries = await rig.store.audit.entries(since=launch.created)
    assert [("start runner", "started"), ("launch", "queued")] == [
        (entry.action, entry.outcome) for entry in entries
    ]
    assert {(launch.user_id, launch.launch_id)} == {(entry.actor, entry.target) for entry in entries}


async def test_nothing_happens_outside_before_the_card(rig: Rig) -> None:
    """A launch that people cannot see must not spend money: with Slack away nothing is queued."""
    rig.slack.set_faults(server_errors={"chat.postMessage": 3})
    launch = await rig.launch()

    for _ in range(3):
        now = await rig.turn(launch)
        assert now.stage is Stage.ANNOUNCE
        assert [] == rig.items(launch)
    ended = await rig.to_end(launch)

    assert ended.verdict is Verdict.SUCCEEDED
    assert len(rig.cards()) == 1


async def test_the_first_card_says_what_the_launch_may_cost(rig: Rig) -> None:
    """A mistyped preset is seen while Cancel still saves the money."""
    launch = await rig.launch()

    now = await rig.to_stage(launch, Stage.QUEUE)

    assert "Cost: about $1.70 (2 h), at most about $20.40 for machines by the 24 h limit" in rig.thread()
    assert now.cost == Cost(price_per_hour=0.85, machines=1, cap_hours=24, expected_hours=2)


async def test_the_curve_and_the_metrics_follow_a_success(rig: Rig) -> None:
    """What a person wants to know at the end: the final numbers, and how the loss went, as a picture."""
    launch = await rig.launch()

    ended = await rig.to_end(launch)

    assert ("train/loss", 0.1) in ended.metrics
    assert ended.curve is not None
    assert (ended.curve.key, len(ended.curve.points)) == ("train/loss", 20)
    (picture,) = rig.slack.state()["files"]
    assert picture["name"] == f"{launch.launch_id}.png"
