"""What a finished run has to show: final metrics and the loss curve. Welcome, but nothing waits for them."""

from __future__ import annotations

import asyncio

from bot.launches.context import Turn
from bot.models.errors import ServiceError
from bot.models.launch import Curve, Verdict

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
