"""Enforces Slack's rate tiers: excess calls get status 429 with Retry-After.

Tiers limit the calls per minute of one method by one app in one workspace; chat.postMessage is
special: about one per second and channel, with short bursts, and a limit for the workspace.
Source: https://docs.slack.dev/apis/web-api/rate-limits. Burst and workspace limit are
assumptions for "short bursts" and "several hundred messages per minute".
"""

from __future__ import annotations

import math
from collections import deque
from enum import IntEnum

MINUTE = 60.0
POST_BURST = 5
POST_PER_SECOND = 1.0
POST_WORKSPACE_PER_MINUTE = 300


class Tier(IntEnum):
    """Calls per minute; SPECIAL stands for "hundreds per minute"."""

    ONE = 1
    TWO = 20
    THREE = 50
    FOUR = 100
    SPECIAL = 600


class Window:
    """A sliding window: at most `limit` calls in any minute."""

    def __init__(self, limit: float) -> None:
        self._limit = max(1, int(limit))
        self._times: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until a call is allowed; 0.0 when it is allowed now."""
        while self._times and self._times[0] <= now - MINUTE:
            self._times.popleft()
        return 0.0 if len(self._times) < self._limit else self._times[0] + MINUTE - now

    def take(self, now: float) -> None:
        """Count a call."""
        self._times.append(now)


class Bucket:
    """A token bucket that fills at `per_second` up to `burst`."""

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst, self._rate = max(1.0, burst), per_second
        self._tokens, self._at = self._burst, -math.inf

    def wait(self, now: float) -> float:
        """Seconds until a call is allowed; 0.0 when it is allowed now."""
        if self._at > -math.inf:
            self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
        # Tolerance for rounding: after n/rate seconds there must be n tokens.
        return 0.0 if self._tokens > 1.0 - 1e-6 else (1.0 - self._tokens) / self._rate

    def take(self, now: float) -> None:
        """Count a call."""
        self.wait(now)
        self._tokens -= 1.0


class RateLimits:
    """All limits of one app in one workspace; `multiplier` scales each of them."""

    def __init__(self, *, enabled: bool, multiplier: float) -> None:
        self._enabled, self._multiplier = enabled, multiplier
        self._windows: dict[str, Window] = {}
        self._buckets: dict[str, Bucket] = {}

    def retry_after(self, method: str, tier: Tier, channel: str, now: float) -> int:
        """Return the seconds to wait; if 0, the call is allowed and counted."""
        if not self._enabled:
            return 0
        limits: list[Window | Bucket] = [self._window(method, tier)]
        if method == "chat.postMessage":
            limits.append(self._bucket(channel))
        wait = max(limit.wait(now) for limit in limits)
        if wait > 0:
            return max(1, math.ceil(wait))
        for limit in limits:
            limit.take(now)
        return 0

    def _window(self, method: str, tier: Tier) -> Window:
        limit = POST_WORKSPACE_PER_MINUTE if method == "chat.postMessage" else int(tier)
        return self._windows.setdefault(method, Window(limit * self._multiplier))

    def _bucket(self, channel: str) -> Bucket:
        rate = self._multiplier
        return self._buckets.setdefault(channel, Bucket(POST_BURST * rate, POST_PER_SECOND * rate))
