"""Slack's rate tiers, enforced: a call too many is answered 429 with Retry-After.

Tiers count calls of one method by one app in one workspace over a minute; chat.postMessage is
special: about one a second in a channel, with short bursts, and a cap for the workspace.
Source: https://docs.slack.dev/apis/web-api/rate-limits. The burst and the cap are this sandbox's
reading of "short bursts" and "several hundred messages per minute".
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
    """Calls a minute; SPECIAL is what Slack calls "hundreds per minute"."""

    ONE = 1
    TWO = 20
    THREE = 50
    FOUR = 100
    SPECIAL = 600


class Window:
    """At most `limit` calls in any minute."""

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
    """A bucket of tokens that fills at `per_second` up to `burst`."""

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst, self._rate = max(1.0, burst), per_second
        self._tokens, self._at = self._burst, -math.inf

    def wait(self, now: float) -> float:
        """Seconds until a call is allowed; 0.0 when it is allowed now."""
        if self._at > -math.inf:
            self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
        # A hair of tolerance: n/rate seconds of waiting must buy n tokens in floating point too.
        return 0.0 if self._tokens > 1.0 - 1e-6 else (1.0 - self._tokens) / self._rate

    def take(self, now: float) -> None:
        """Count a call."""
        self.wait(now)
        self._tokens -= 1.0


class RateLimits:
    """All the limits of one app in one workspace; `multiplier` widens or narrows every one."""

    def __init__(self, *, enabled: bool, multiplier: float) -> None:
        self._enabled, self._multiplier = enabled, multiplier
        self._windows: dict[str, Window] = {}
        self._buckets: dict[str, Bucket] = {}

    def retry_after(self, method: str, tier: Tier, channel: str, now: float) -> int:
        """Whole seconds the caller must wait, or 0: then the call is allowed and counted."""
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
