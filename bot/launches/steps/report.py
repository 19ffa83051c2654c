"""Report the outcome: the final edit of the card, then one closing reply that mentions the launcher."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

from bot.launches.context import StepContext
from bot.launches.steps.announce import find_card, post_card
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import Curve, FailureKind, Stage, Verdict
from bot.ports import MessageKind, NotInvited

# Errors that a retry cannot resolve: the message or its thread is gone, or the message is invalid.
PERMANENT_ERRORS = frozenset({ProblemKind.NOT_FOUND, ProblemKind.INVALID})


async def report(context: StepContext) -> None:
    """Deliver the outcome and end the launch; while Slack is unavailable the step is retried."""
    await gather_results(context)
    with contextlib.suppress(NotInvited):  # the bot was removed from the channel
        await _notify(context)
    await context.transition_to(Stage.DONE)
    if context.launch.curve is not None and context.launch.reply is not None:
        await context.dependencies.notifier.upload_chart(context.launch)


async def _notify(context: StepContext) -> None:
    if context.launch.card is None:
        card = await find_card(context)
        if card is None and _needs_late_card(context):
            card = await post_card(context)
        if card is None:
            return
        await context.save(card=card)
    await _flush_card(context)
    if context.launch.reply is None and await _reply_missing(context):
        await _post_reply(context)


def _needs_late_card(context: StepContext) -> bool:
    """Return True if a card must be posted now: without it the launcher expects the launch to start."""
    failure = context.launch.failure
    return failure is not None and failure.kind in (FailureKind.NOT_STARTED, FailureKind.QUEUE_EXPIRED)


async def _flush_card(context: StepContext) -> None:
    try:
        await context.dependencies.notifier.flush(context.launch)
    except ServiceError as error:
        if not _is_permanent(context, error.problem):
            raise


async def _reply_missing(context: StepContext) -> bool:
    """Return True if the closing reply was not posted; save a reply that was posted but not saved."""
    if context.launch.reply_intended is None:
        return True
    try:
        found = await context.dependencies.notifier.find(context.launch, kind=MessageKind.CLOSING)
    except ServiceError as error:
        if error.problem.passing:
            raise
        # The channel's history is not readable: the card shows the outcome, so no second reply is risked.
        return False
    if found is not None:
        await context.save(reply=found)
    return found is None


async def _post_reply(context: StepContext) -> None:
    await context.save(reply_intended=context.now())
    try:
        reply = await context.dependencies.notifier.close(context.launch)
    except ServiceError as error:
        if error.problem.effectless:
            await context.save(reply_intended=None)
        if not _is_permanent(context, error.problem):
            raise
    else:
        await context.save(reply=reply)


def _is_permanent(context: StepContext, problem: Problem) -> bool:
    """Return True if a retry is useless: the error is permanent, or `timing.follow_days` have passed."""
    days = timedelta(days=context.dependencies.settings.timing.follow_days)
    return problem.kind in PERMANENT_ERRORS or context.now() >= (context.launch.ended or context.now()) + days


MAX_METRICS = 5
# Common names of the loss, used when the preset names no metrics.
USUAL_LOSSES = ("train/loss", "loss")
SAMPLES = 200
MIN_POINTS = 2  # fewer points do not make a curve


async def gather_results(context: StepContext) -> None:
    """Save the final metrics and the curve of a successful run; W&B is read once, without retries."""
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
    """Return the first metric that has a history; names that contain "loss" come first."""
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
