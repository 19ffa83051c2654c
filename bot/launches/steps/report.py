"""The last word: the card's last edit, taken by Slack, then one closing reply that mentions the launcher."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

from bot.launches.context import Turn
from bot.launches.steps.announce import find_card, post_card
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import Curve, FailureKind, Stage, Verdict
from bot.ports import MessageKind, NotInvited

# What Slack will say again however often it is asked: the message or its thread is gone, or ill-formed.
FOR_GOOD = frozenset({ProblemKind.NOT_FOUND, ProblemKind.INVALID})


async def report(turn: Turn) -> None:
    """Delivers the outcome, however long Slack is away, and ends the launch."""
    await gather_results(turn)
    with contextlib.suppress(NotInvited):  # nobody can be told where the bot was put out of the channel
        await _tell(turn)
    await turn.go_on(Stage.DONE)
    if turn.launch.curve is not None and turn.launch.reply is not None:
        await turn.tools.announcer.illustrate(turn.launch)


async def _tell(turn: Turn) -> None:
    if turn.launch.card is None:
        card = await find_card(turn)
        if card is None and _owed(turn):
            card = await post_card(turn)
        if card is None:
            return
        await turn.save(card=card)
    await _settle(turn)
    if turn.launch.reply is None and await _unsaid(turn):
        await _say(turn)


def _owed(turn: Turn) -> bool:
    """Whether people must be told although they saw no card: whoever asked still believes that it starts."""
    failure = turn.launch.failure
    return failure is not None and failure.kind in (FailureKind.NOT_STARTED, FailureKind.QUEUE_EXPIRED)


async def _settle(turn: Turn) -> None:
    try:
        await turn.tools.announcer.settle(turn.launch)
    except ServiceError as error:
        if not _hopeless(turn, error.problem):
            raise


async def _unsaid(turn: Turn) -> bool:
    """Whether the closing reply is still to be posted; one that was posted without being noted is noted."""
    if turn.launch.reply_intended is None:
        return True
    try:
        found = await turn.tools.announcer.find(turn.launch, kind=MessageKind.CLOSING)
    except ServiceError as error:
        if error.problem.passing:
            raise
        # Where history may not be read we cannot know; the card says it, so a reply is not repeated.
        return False
    if found is not None:
        await turn.save(reply=found)
    return found is None


async def _say(turn: Turn) -> None:
    await turn.save(reply_intended=turn.now())
    try:
        reply = await turn.tools.announcer.close(turn.launch)
    except ServiceError as error:
        if error.problem.effectless:
            await turn.save(reply_intended=None)
        if not _hopeless(turn, error.problem):
            raise
    else:
        await turn.save(reply=reply)


def _hopeless(turn: Turn, problem: Problem) -> bool:
    """Whether trying again is in vain: Slack says no for good, or has been away for as long as we follow."""
    days = timedelta(days=turn.tools.settings.timing.follow_days)
    return problem.kind in FOR_GOOD or turn.now() >= (turn.launch.ended or turn.now()) + days


MAX_METRICS = 5
# What trainers usually call the loss, where the preset names no metrics.
USUAL_LOSSES = ("train/loss", "loss")
SAMPLES = 200
MIN_POINTS = 2  # fewer are no curve


async def gather_results(turn: Turn) -> None:
    """Writes down what W&B has of a run that succeeded; it is asked once, within the deadline of a call."""
    if turn.launch.verdict is not Verdict.SUCCEEDED or turn.launch.metrics:
        return
    preset = turn.tools.settings.find_preset(turn.launch.preset)
    keys = preset.metrics if preset is not None else ()
    metrics, curve = await asyncio.gather(_metrics(turn, keys), _curve(turn, keys or USUAL_LOSSES))
    if metrics or curve is not None:
        await turn.save(metrics=metrics[:MAX_METRICS], curve=curve)


async def _metrics(turn: Turn, keys: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    try:
        return await turn.tools.tracker.final_metrics(turn.launch.launch_id, keys)
    except ServiceError:
        return ()


async def _curve(turn: Turn, keys: tuple[str, ...]) -> Curve | None:
    """The first of the metrics that has a history; one called loss before the others."""
    for key in sorted(keys, key=lambda key: "loss" not in key):
        try:
            points = await turn.tools.tracker.history(turn.launch.launch_id, key, samples=SAMPLES)
        except ServiceError:
            return None
        if len(points) >= MIN_POINTS:
            return Curve(key, points)
    return None
