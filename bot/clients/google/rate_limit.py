"""A rate limiter: reads per minute, with a small burst."""

from __future__ import annotations

import threading


class RateLimiter:
    """Reserves reads in order of request. Times are seconds of a monotonic clock that the caller supplies.

    Thread-safe through `take`.

    This is the virtual scheduling form of a leaky bucket: one number holds the time when the bucket is empty.
    """

    def __init__(self, *, per_minute: float, burst: float) -> None:
        self.per_minute = per_minute
        self._interval = 60 / per_minute
        self._slack = (burst - 1) * self._interval
        self._empty_at = 0.0
        self._lock = threading.Lock()

    def wait(self, now: float) -> float:
        """Return the seconds until a read reserved now may start; 0 when it may start at once."""
        return max(0.0, self._empty_at - self._slack - now)

    def reserve(self, now: float) -> None:
        """Reserve one read."""
        self._empty_at = max(self._empty_at, now) + self._interval

    def take(self, now: float, *, within: float) -> float:
        """Return the seconds until a read may start; reserve it only if they are fewer than `within`."""
        with self._lock:
            wait = self.wait(now)
            if wait < within:
                self.reserve(now)
            return wait
