"""Trigger ids: created by a user action; each opens one modal within 3 s."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack.wire import RefusedError

LIFETIME_SECONDS = 3.0


@dataclass(slots=True)
class _Trigger:
    user: str
    from_view: bool
    born: float
    spent: bool = False


@dataclass(slots=True)
class Spent:
    """The user of a trigger, and whether it came from a modal."""

    user: str
    from_view: bool


class Triggers:
    """Creates trigger ids and accepts each at most once.

    Source: https://docs.slack.dev/interactivity/handling-user-interaction
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._numbers = itertools.count(1_000_001)
        self._known: dict[str, _Trigger] = {}

    def mint(self, user: str, *, from_view: bool = False) -> str:
        """Create an id of the form "number.number.hex"."""
        trigger_id = f"{next(self._numbers)}.{secrets.randbelow(10**10):010d}.{secrets.token_hex(16)}"
        self._known[trigger_id] = _Trigger(user, from_view, self._now())
        return trigger_id

    def spend(self, trigger_id: str) -> Spent:
        """Use an id up and return its user.

        Raise RefusedError `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`.
        """
        trigger = self._known.get(trigger_id)
        if trigger is None:
            raise RefusedError("invalid_trigger_id")
        if trigger.spent:
            raise RefusedError("exchanged_trigger_id")
        if self._now() - trigger.born > LIFETIME_SECONDS:
            raise RefusedError("expired_trigger_id")
        trigger.spent = True
        return Spent(trigger.user, trigger.from_view)
