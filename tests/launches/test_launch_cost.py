"""Nothing is queued that may cost more than the card says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rig import Rig
from test_launch_wait import kind

from bot.models.launch import FailureKind, Stage


def reprice(rig: Rig, **changes: Any) -> None:
    """What a restart with other settings does to the first preset."""
    first, *others = rig.settings.preset
    changed = rig.settings.model_copy(update={"preset": (first.model_copy(update=changes), *others)})
    rig.tools = replace(rig.tools, settings=changed)


@pytest.mark.parametrize(
    "change",
    [
        {"timeout_hours": 168.0},
        {"replicas": 8},
        {"price_per_hour": 30.0},
        {"price_per_hour": None, "replicas": 2},
    ],
)
async def test_a_preset_that_became_dearer_is_not_queued(rig: Rig, change: dict[str, Any]) -> None:
    """The person agreed to the price on the card: for another one they are asked to type it again."""
    launch = await rig.launch()
    await rig.to_stage(launch, Stage.QUEUE)
    reprice(rig, **change)

    ended = await rig.to_end(launch)

    assert (FailureKind.NOT_STARTED, 0) == (kind(ended), rig.calls("pushToRunQueueByName"))
    assert "The preset bert-small costs more than when you asked" in rig.thread()


@pytest.mark.parametrize("change", [{}, {"timeout_hours": 2.0}, {"price_per_hour": 0.1}, {"max_hours": 3.0}])
async def test_a_preset_that_costs_no_more_is_queued(rig: Rig, change: dict[str, Any]) -> None:
    """The cap on the card holds still, so there is nothing to ask again."""
    launch = await rig.launch()
    await rig.to_stage(launch, Stage.QUEUE)
    reprice(rig, **change)

    await rig.to_stage(launch, Stage.RUNNER)

    assert 1 == len(rig.items(launch))
