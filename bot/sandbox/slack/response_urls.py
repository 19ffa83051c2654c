"""Response URLs: five replies within 30 minutes, in any channel.

Source: https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack.wire import RefusedError

USES = 5
LIFETIME_SECONDS = 30 * 60.0


@dataclass(slots=True)
class ResponseUrl:
    """A response URL: its channel and user, and the message of the action, if any."""

    key: str
    channel: str
    user: str
    source_ts: str
    expires: float
    uses_left: int = USES


class ResponseUrls:
    """Creates response URLs and checks their validity."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._known: dict[str, ResponseUrl] = {}

    def mint(self, channel: str, user: str, source_ts: str = "") -> ResponseUrl:
        """Create a response URL; `source_ts` is the message of the action."""
        key = secrets.token_urlsafe(18)
        url = ResponseUrl(key, channel, user, source_ts, self._now() + LIFETIME_SECONDS)
        self._known[key] = url
        return url

    def find(self, key: str) -> ResponseUrl:
        """Return a response URL that may still be used.

        Raise RefusedError `no_service`, `expired_url` or `used_url`.
        """
        url = self._known.get(key)
        if url is None:
            raise RefusedError("no_service")
        if self._now() > url.expires:
            raise RefusedError("expired_url")
        if url.uses_left < 1:
            raise RefusedError("used_url")
        return url
