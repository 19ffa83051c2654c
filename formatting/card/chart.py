"""Draws a metric's curve as a PNG."""

from __future__ import annotations

import io

from bot.models.launch import Curve

WIDTH, HEIGHT = 6.4, 3.2  # inches
DPI = 150  # so 960 x 480 pixels, which Slack shows in a thread without shrinking
MARKED = 30  # curves with at most this many points get a marker at each


def draw(curve: Curve) -> bytes:
    """Return the curve as a PNG. This blocks for a few tenths of a second: call it in a thread."""
    # pyplot is not used: it keeps every figure in a state shared by all threads.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow to import, rarely needed
    from matplotlib.figure import Figure  # noqa: PLC0415 - the same

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    steps, values = zip(*curve.points, strict=True)
    axes.plot(steps, values, linewidth=1.6, marker="." if len(steps) <= MARKED else "")
    # A dollar sign would start a formula, so it is escaped.
    axes.set_title(curve.key.replace("$", r"\$"), loc="left", fontsize=10)
    axes.set_xlabel("step", fontsize=9)
    axes.grid(visible=True, alpha=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    out = io.BytesIO()
    canvas.print_png(out)  # type: ignore[no-untyped-call]  # matplotlib has no type hints for it
    return out.getvalue()
