"""Failures of external systems as values, and the exceptions of the core."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProblemKind(StrEnum):
    """The kind of a failed call; it decides what a user can do about it."""

    DENIED = "denied"  # 403: a role is missing
    UNAUTHENTICATED = "unauthenticated"  # 401: a key or credentials are missing or wrong
    API_DISABLED = "api_disabled"  # 403 SERVICE_DISABLED: the API is not enabled in the project
    NOT_FOUND = "not_found"
    EXHAUSTED = "exhausted"  # 429: a quota or rate limit
    UNAVAILABLE = "unavailable"  # 5xx, connection refused or broken
    TIMED_OUT = "timed_out"
    INVALID = "invalid"  # 400: the same call will fail again
    UNKNOWN = "unknown"  # an unexpected response


@dataclass(frozen=True, slots=True)
class Problem:
    """One failed call of a system ("Vertex AI", "W&B", ...), with the system's message.

    `message` is already redacted and escaped. `retry_after` is in seconds, if the system sent one.
    `missing` is the permission or API named in the response, if any. `effectless` means that the call
    certainly changed nothing: it was never sent, or it was refused.
    """

    kind: ProblemKind
    system: str
    message: str
    region: str = ""
    retry_after: float | None = None
    missing: str = ""
    effectless: bool = False

    @property
    def passing(self) -> bool:
        """True if the same call may succeed later without a fix."""
        return self.kind in PASSING


PASSING = frozenset(
    {ProblemKind.EXHAUSTED, ProblemKind.UNAVAILABLE, ProblemKind.TIMED_OUT, ProblemKind.UNKNOWN},
)


class ServiceError(Exception):
    """A failed call; every client raises it in place of its SDK's exceptions."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.system} {problem.region} {problem.kind}: {problem.message}")
        self.problem = problem


class BadInput(ValueError):  # noqa: N818 - a message for a user, not a failure of the bot
    """Invalid input; the text says what is wrong and what is allowed, with an example."""


class StoreError(Exception):
    """The store cannot be read or written; the text is a message for the user."""
