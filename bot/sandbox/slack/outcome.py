"""The app's response to one payload."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.sandbox.slack.wire import Json

TIMEOUT, UNREACHABLE = "operation_timeout", "dispatch_failed"


@dataclass(frozen=True, slots=True)
class Retry:
    """The number of a repeated event, from 1, and Slack's reason for the retry."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The app's response, if it came in time.

    `error` is "" or the code shown to the user: `operation_timeout`, `dispatch_failed`. `response` is
    the body of the ack. `shown` is the message that Slack itself shows to the user, if any.
    """

    error: str = ""
    milliseconds: float = 0.0
    response: Json = field(default_factory=dict)
    same_connection: bool = True
    no_retry: bool = False
    shown: str = ""

    @property
    def ok(self) -> bool:
        """Whether the app acknowledged in time."""
        return not self.error

    def as_json(self) -> Json:
        """Return the outcome for the control API."""
        return {
            "ok": self.ok,
            "error": self.error,
            "ack_ms": round(self.milliseconds, 3),
            "response": self.response,
            "shown": self.shown,
        }
