from __future__ import annotations

from dataclasses import replace

import pytest
from rig import Rig

from bot.models.launch import Launch, Stage, Verdict
from bot.settings import Preset


async def finished(rig: Rig, *logged: str) -> Launch:
    """A launch that succeeded, before its results are gathered; its run logged these metrics."""
    launch = await rig.launch()
    await rig.to_stage(launch, Stage.REPORT, acts=True)
    run = rig.world.runs[launch.launch_id]
    run.history = [{"_step": float(step), **dict.fromkeys(logged, 1.0 / (step + 1))} for step in range(10)]
    run.summary = dict.fromkeys((*logged, "a", "b", "c", "d", "e", "f"), 0.1)
    return launch


def with_metrics(rig: Rig, *keys: str) -> None:
    """The settings, with these metrics for every preset."""
    presets: tuple[Preset, ...] = tuple(
        preset.model_copy(update={"metrics": keys}) for preset in rig.settings.preset
    )
    settings = rig.settings.model_copy(update={"preset": presets})
    rig.tools = replace(rig.tools, settings=settings)


@pytest.mark.parametrize(
    ("wanted", "logged", "drawn"),
    [
        (("eval/accuracy", "eval/loss"), ("eval/accuracy", "eval/loss", "train/loss"), "eval/loss"),
        (("eval/accuracy",), ("eval/accuracy", "train/loss"), "eval/accuracy"),
        ((), ("loss", "train/loss"), "train/loss"),
        ((), ("loss", "accuracy"), "loss"),
        ((), ("accuracy",), ""),
    ],
    ids=["the preset's loss", "the preset's other", "train/loss", "loss", "none"],
)
async def test_the_curve_is_of_the_preset_s_metrics_else_of_the_usual_losses(
    rig: Rig, wanted: tuple[str, ...], logged: tuple[str, ...], drawn: str
) -> None:
    """A team names its own metrics; without them the two usual names are tried, and nothing is made up."""
    with_metrics(rig, *wanted)
    launch = await finished(rig, *logged)

    ended = await rig.to_end(launch)

    assert drawn == (ended.curve.key if ended.curve else "")
    assert len(rig.slack.state()["files"]) == bool(drawn)


async def test_the_closing_reply_holds_mention_duration_five_metrics_and_the_run(rig: Rig) -> None:
    """The last word is read alone, in a notification: all that matters must be in it."""
    with_metrics(rig, "eval/accuracy")
    launch = await finished(rig, "eval/accuracy")

    ended = await rig.to_end(launch)

    (reply,) = rig.replies(launch)
    said = str(reply.body)
    assert 5 == len(ended.metrics)
    assert "eval/accuracy" == ended.metrics[0][0]
    assert f"<@{launch.user_id}>" in said
    assert "succeeded after" in said
    assert f"/runs/{launch.launch_id}" in said
    assert all(key in said for key, _ in ended.metrics)


@pytest.mark.parametrize("door", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_a_picture_that_slack_does_not_take_changes_nothing(rig: Rig, door: str) -> None:
    """The picture is best effort: the outcome and its one reply do not depend on it."""
    launch = await finished(rig, "train/loss")
    rig.slack.set_faults(refusals={door: ["not_allowed"] * 9})

    ended = await rig.to_end(launch)

    assert (Verdict.SUCCEEDED, Stage.DONE, 1) == (ended.verdict, ended.stage, len(rig.replies(launch)))


async def test_results_that_w_and_b_keeps_back_delay_nothing(rig: Rig) -> None:
    """W&B down at the end: the outcome is told without metrics, at once."""
    launch = await finished(rig, "train/loss")
    rig.fault("wandb", "", status="503")

    ended = await rig.to_end(launch)

    assert (Verdict.SUCCEEDED, (), None) == (ended.verdict, ended.metrics, ended.curve)
    assert 1 == len(rig.replies(launch))
