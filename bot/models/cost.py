"""The estimated cost of a launch, from its preset at the time of the request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Inputs of the estimate.

    `price_per_hour` is the list price of one machine in US dollars, None if not set. Vertex AI ends the job
    after `cap_hours`; `expected_hours` is the expected duration, None if not set.
    """

    price_per_hour: float | None
    machines: int
    cap_hours: float
    expected_hours: float | None = None

    def above(self, told: Cost) -> bool:
        """Return whether this may cost more than what people were told.

        The caps in dollars are compared, or in hours of machines where either has no price.
        """
        hours, told_hours = self.machines * self.cap_hours, told.machines * told.cap_hours
        if self.price_per_hour is None or told.price_per_hour is None:
            return hours > told_hours
        return hours * self.price_per_hour > told_hours * told.price_per_hour
