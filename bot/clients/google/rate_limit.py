"""A budget of so many reads a minute, with a small burst."""

from __future__ import annotations

import threading


class RateLimiter:
    """Books reads in the order asked. Times are seconds of one monotonic clock, given by the caller.

    Threads may share it.

    This is the "virtual scheduling" of a leaky bucket: one number says when the bucket will have run dry.
    """

    def __init__(self, *, per_minute: float, burst: float) -> None:
        self.per_minute = per_minute
        self._interval = 60 / per_minute
        self._slack = (burst - 1) * self._interval
        self._dry_at = 0.0
        self._one_at_a_time = threading.Lock()

    def wait(self, now: float) -> float:
        """Seconds until a read booked now may start; 0 when it may start at once."""
        return max(0.0, self._dry_at - self._slack - now)

    def book(self, now: float) -> None:
        """Spends one read."""
        self._dry_at = max(self._dry_at, now) + self._interval

    def take(self, now: float, *, within: float) -> float:
        """Seconds until the read may start; booked if they are fewer than `within`, else nothing is spent."""
        with self._one_at_a_time:
            wait = self.wait(now)
            if wait < within:
                self.book(now)
            return wait
