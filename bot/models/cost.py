"""What a launch may cost, as its preset said when it was asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """`price_per_hour` is the list price of one machine in dollars, None when the settings name none.

    `cap_hours` is when Vertex AI ends the job, `expected_hours` how long it should take (None: not said).
    """

    price_per_hour: float | None
    machines: int
    cap_hours: float
    expected_hours: float | None = None
