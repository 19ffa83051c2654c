"""Every scenario that ships, played fast through its own demo and judged by its own expectations."""

from __future__ import annotations

import pytest
from bed import bot_on

from bot.sandbox.demo import check_expectations, play_demo
from bot.sandbox.world.scenario_file import scenario_names

# What was waited for at most in scenario time is little real time at this speed, on a busy machine.
PATIENCE = 5.0


@pytest.mark.parametrize("name", scenario_names())
async def test_a_scenario_ends_as_it_says(name: str) -> None:
    """What a scenario promises is what the product does: each is a fault or a busy day that teams meet."""
    async with bot_on(name) as bed:
        unmet = await play_demo(bed.stage, lambda _: None, patience=PATIENCE)
        wrong = await check_expectations(bed.stage, bed.verdicts, patience=PATIENCE)

    assert [] == unmet + wrong
