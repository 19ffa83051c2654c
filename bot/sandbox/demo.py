"""The demo: types what a scenario's people type, waits as they would, prints the channel, judges the end."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.sandbox.stage import Stage
from bot.sandbox.world.scenario import DemoStep, Scenario

# What stands for each launch that never came to be.
NONE = ("none",) * 10
# How long after the last step the launches may take to reach their expected end, in scenario seconds.
SETTLE_SECONDS = 90.0

Say = Callable[[str], None]
# The verdicts of the launches so far, oldest first.
Outcomes = Callable[[], Awaitable[tuple[str, ...]]]


async def play_demo(stage: Stage, say: Say, *, patience: float = 1.0) -> list[str]:
    """Plays the demo's steps; returns what was waited for in vain, one sentence each.

    `patience` multiplies how long is waited at most: a fast scenario on a busy machine needs more.
    """
    missed: list[str] = []
    for step in stage.scenario.demo:
        say(f"> {step.user} in #{step.channel}: {step.text}")
        outcome = await stage.slack.type_text(step.user, f"#{step.channel}", step.text)
        if not outcome.ok:
            missed.append(f"{step.text} was not answered: {outcome.error}.")
        elif step.wait_for and not await _appears(stage, step, patience):
            missed.append(f"{step.wait_for!r} did not appear within {step.seconds:g} s of {step.text}.")
    return missed


async def _appears(stage: Stage, step: DemoStep, patience: float) -> bool:
    """Whether the text stands in the channel, its threads or the person's private notes in time."""
    try:
        await stage.slack.wait_until(
            lambda: shown(stage, step.channel, step.user).count(step.wait_for) >= step.times,
            step.seconds / stage.scenario.speed * patience,
        )
    except TimeoutError:
        return False
    return True


def shown(stage: Stage, channel: str, reader: str) -> str:
    """Return the channel as text, with the private notes of one person."""
    return stage.slack.render_text(f"#{channel}", reader=reader)


async def judge(stage: Stage, outcomes: Outcomes, *, patience: float = 1.0) -> list[str]:
    """Return what differs from the scenario's expected end, once it had time to settle; one sentence each."""
    loop = asyncio.get_running_loop()
    until = loop.time() + SETTLE_SECONDS / stage.scenario.speed * patience
    while True:
        wrong = [*_wrong_outcomes(stage.scenario, await outcomes()), *_wrong_words(stage)]
        if not wrong or loop.time() > until:
            return wrong
        await asyncio.sleep(1 / stage.scenario.speed)


def _wrong_outcomes(scenario: Scenario, ended: tuple[str, ...]) -> list[str]:
    return [
        f"Launch {number} ended as {got}, expected {' or '.join(wanted)}."
        for number, (wanted, got) in enumerate(
            zip(scenario.expect.outcomes, [*ended, *NONE], strict=False), 1
        )
        if got not in wanted
    ]


def _wrong_words(stage: Stage) -> list[str]:
    scenario = stage.scenario
    places = dict.fromkeys((step.channel, step.user) for step in scenario.demo)
    text = "\n".join(shown(stage, channel, user) for channel, user in places)
    wrong = [f"{words!r} is not shown." for words in scenario.expect.shows if words not in text]
    return wrong + [f"{words!r} is shown." for words in scenario.expect.never_shows if words in text]


async def printed_outcomes(settings: Path, environment: dict[str, str]) -> tuple[str, ...]:
    """Return the verdicts of the launches, oldest first, as the product's own command prints them."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "handlers.cli", "launches", "--settings", str(settings), "--json",
        env=environment, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return tuple(launch["verdict"] for launch in reversed(json.loads(out)))
