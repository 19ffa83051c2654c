"""A budget of so many reads a minute, with a small burst."""

from __future__ import annotations


class ReadBudget:
    """Books reads in the order asked. Times are seconds of one monotonic clock, given by the caller.

    This is the "virtual scheduling" of a leaky bucket: one number says when the bucket will have run dry.
    """

    def __init__(self, *, per_minute: float, burst: float) -> None:
        self._interval = 60 / per_minute
        self._slack = (burst - 1) * self._interval
        self._dry_at = 0.0

    def wait(self, now: float) -> float:
        """Seconds until a read booked now may start; 0 when it may start at once."""
        return max(0.0, self._dry_at - self._slack - now)

    def book(self, now: float) -> None:
        """Spends one read."""
        self._dry_at = max(self._dry_at, now) + self._interval
