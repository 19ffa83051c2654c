from __future__ import annotations

import struct
import sys

import pytest

from bot.models.launch import Curve
from formatting.card.chart import draw
from formatting.card.closing_reply import curve_line


@pytest.mark.parametrize(
    "points",
    [
        tuple((float(step), 2.0 / (step + 1)) for step in range(200)),
        ((0.0, 1.0), (1.0, 1.0)),
        ((0.0, 1e300), (1.0, -1e300)),
        ((0.0, 0.5), (0.0, 0.4)),
    ],
)
@pytest.mark.filterwarnings("error")
def test_any_curve_becomes_a_picture(points: tuple[tuple[float, float], ...]) -> None:
    """Flat, wild or doubled values are what broken trainings log: the picture must still come."""
    picture = draw(Curve("train/loss $x$ \\frac{", points))

    assert picture.startswith(b"\x89PNG")
    assert (960, 480) == struct.unpack(">II", picture[16:24])


def test_drawing_keeps_no_state() -> None:
    """pyplot would keep every figure of the bot's life: it is never loaded."""
    draw(Curve("loss", ((0.0, 1.0), (1.0, 0.5))))

    assert "matplotlib.pyplot" not in sys.modules


def test_a_terminal_shows_the_curve_in_a_line() -> None:
    """Where no picture can be shown, bars say how the loss went."""
    assert "loss █▆▃▁ 4 to 1" == curve_line(Curve("loss", ((0.0, 4.0), (1.0, 3.0), (2.0, 2.0), (3.0, 1.0))))
