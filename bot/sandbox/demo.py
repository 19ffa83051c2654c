"""Plays a scenario's demo steps, and checks the result against the scenario's expectations."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.sandbox.sandbox import Sandbox
from bot.sandbox.world.scenario import DemoStep, Scenario

# Outcomes of launches that were never created.
NONE = ("none",) * 10
# Time for launches to reach their expected end after the last step, in scenario seconds.
SETTLE_SECONDS = 90.0

Say = Callable[[str], None]
# Returns the verdicts of the launches so far, oldest first.
Outcomes = Callable[[], Awaitable[tuple[str, ...]]]


async def play_demo(sandbox: Sandbox, say: Say, *, patience: float = 1.0) -> list[str]:
    """Play the demo's steps; return one sentence for each result that did not appear.

    `patience` multiplies the timeouts: a fast scenario on a busy machine needs more time.
    """
    unmet: list[str] = []
    for step in sandbox.scenario.demo:
        say(f"> {step.user} in #{step.channel}: {step.text}")
        outcome = await sandbox.slack.type_text(step.user, f"#{step.channel}", step.text)
        if not outcome.ok:
            unmet.append(f"{step.text} was not answered: {outcome.error}.")
        elif step.wait_for and not await _appears(sandbox, step, patience):
            unmet.append(f"{step.wait_for!r} did not appear within {step.seconds:g} s of {step.text}.")
    return unmet


async def _appears(sandbox: Sandbox, step: DemoStep, patience: float) -> bool:
    """Return whether the text appears in time: in the channel, its threads or ephemeral messages."""
    try:
        await sandbox.slack.wait_until(
            lambda: channel_text(sandbox, step.channel, step.user).count(step.wait_for) >= step.times,
            step.seconds / sandbox.scenario.speed * patience,
        )
    except TimeoutError:
        return False
    return True


def channel_text(sandbox: Sandbox, channel: str, reader: str) -> str:
    """Return the channel as text, with the ephemeral messages of one user."""
    return sandbox.slack.render_text(f"#{channel}", reader=reader)


async def check_expectations(sandbox: Sandbox, outcomes: Outcomes, *, patience: float = 1.0) -> list[str]:
    """Return the differences from the scenario's expected end, one sentence each, after waiting for it."""
    loop = asyncio.get_running_loop()
    until = loop.time() + SETTLE_SECONDS / sandbox.scenario.speed * patience
    while True:
        wrong = [*_wrong_outcomes(sandbox.scenario, await outcomes()), *_wrong_words(sandbox)]
        if not wrong or loop.time() > until:
            return wrong
        await asyncio.sleep(1 / sandbox.scenario.speed)


def _wrong_outcomes(scenario: Scenario, ended: tuple[str, ...]) -> list[str]:
    return [
        f"Launch {number} ended as {got}, expected {' or '.join(wanted)}."
        for number, (wanted, got) in enumerate(
            zip(scenario.expect.outcomes, [*ended, *NONE], strict=False), 1
        )
        if got not in wanted
    ]


def _wrong_words(sandbox: Sandbox) -> list[str]:
    scenario = sandbox.scenario
    places = dict.fromkeys((step.channel, step.user) for step in scenario.demo)
    text = "\n".join(channel_text(sandbox, channel, user) for channel, user in places)
    wrong = [f"{words!r} is not shown." for words in scenario.expect.shows if words not in text]
    return wrong + [f"{words!r} is shown." for words in scenario.expect.never_shows if words in text]


async def read_outcomes(settings: Path, environment: dict[str, str]) -> tuple[str, ...]:
    """Return the verdicts of the launches, oldest first, from the product's `launches --json` command."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "handlers.cli", "launches", "--settings", str(settings), "--json",
        env=environment, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return tuple(launch["verdict"] for launch in reversed(json.loads(out)))
