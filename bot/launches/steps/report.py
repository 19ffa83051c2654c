"""The last word: the card's last edit, taken by Slack, then one closing reply that mentions the launcher."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

from bot.launches.context import StepContext
from bot.launches.steps.announce import find_card, post_card
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import Curve, FailureKind, Stage, Verdict
from bot.ports import MessageKind, NotInvited

# What Slack will say again however often it is asked: the message or its thread is gone, or ill-formed.
FOR_GOOD = frozenset({ProblemKind.NOT_FOUND, ProblemKind.INVALID})


async def report(context: StepContext) -> None:
    """Delivers the outcome, however long Slack is away, and ends the launch."""
    await gather_results(context)
    with contextlib.suppress(NotInvited):  # nobody can be told where the bot was put out of the channel
        await _tell(context)
    await context.transition_to(Stage.DONE)
    if context.launch.curve is not None and context.launch.reply is not None:
        await context.dependencies.notifier.illustrate(context.launch)


async def _tell(context: StepContext) -> None:
    if context.launch.card is None:
        card = await find_card(context)
        if card is None and _owed(context):
            card = await post_card(context)
        if card is None:
            return
        await context.save(card=card)
    await _settle(context)
    if context.launch.reply is None and await _unsaid(context):
        await _say(context)


def _owed(context: StepContext) -> bool:
    """Whether people must be told although they saw no card: whoever asked still believes that it starts."""
    failure = context.launch.failure
    return failure is not None and failure.kind in (FailureKind.NOT_STARTED, FailureKind.QUEUE_EXPIRED)


async def _settle(context: StepContext) -> None:
    try:
        await context.dependencies.notifier.settle(context.launch)
    except ServiceError as error:
        if not _hopeless(context, error.problem):
            raise


async def _unsaid(context: StepContext) -> bool:
    """Whether the closing reply is still to be posted; one that was posted without being noted is noted."""
    if context.launch.reply_intended is None:
        return True
    try:
        found = await context.dependencies.notifier.find(context.launch, kind=MessageKind.CLOSING)
    except ServiceError as error:
        if error.problem.passing:
            raise
        # Where history may not be read we cannot know; the card says it, so a reply is not repeated.
        return False
    if found is not None:
        await context.save(reply=found)
    return found is None


async def _say(context: StepContext) -> None:
    await context.save(reply_intended=context.now())
    try:
        reply = await context.dependencies.notifier.close(context.launch)
    except ServiceError as error:
        if error.problem.effectless:
            await context.save(reply_intended=None)
        if not _hopeless(context, error.problem):
            raise
    else:
        await context.save(reply=reply)


def _hopeless(context: StepContext, problem: Problem) -> bool:
    """Whether trying again is in vain: Slack says no for good, or has been away for as long as we follow."""
    days = timedelta(days=context.dependencies.settings.timing.follow_days)
    return problem.kind in FOR_GOOD or context.now() >= (context.launch.ended or context.now()) + days


MAX_METRICS = 5
# What trainers usually call the loss, where the preset names no metrics.
USUAL_LOSSES = ("train/loss", "loss")
SAMPLES = 200
MIN_POINTS = 2  # fewer are no curve


async def gather_results(context: StepContext) -> None:
    """Write down what W&B has of a run that succeeded; it is asked once, within the deadline of a call."""
    if context.launch.verdict is not Verdict.SUCCEEDED or context.launch.metrics:
        return
    preset = context.dependencies.settings.find_preset(context.launch.preset)
    keys = preset.metrics if preset is not None else ()
    metrics, curve = await asyncio.gather(_metrics(context, keys), _curve(context, keys or USUAL_LOSSES))
    if metrics or curve is not None:
        await context.save(metrics=metrics[:MAX_METRICS], curve=curve)


async def _metrics(context: StepContext, keys: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    try:
        return await context.dependencies.tracker.final_metrics(context.launch.launch_id, keys)
    except ServiceError:
        return ()


async def _curve(context: StepContext, keys: tuple[str, ...]) -> Curve | None:
    """Return the first of the metrics that has a history; one called loss before the others."""
    for key in sorted(keys, key=lambda key: "loss" not in key):
        try:
            points = await context.dependencies.tracker.history(
                context.launch.launch_id, key, samples=SAMPLES
            )
        except ServiceError:
            return None
        if len(points) >= MIN_POINTS:
            return Curve(key, points)
    return None
