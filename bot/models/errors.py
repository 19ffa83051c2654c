"""The ways an outside system can fail us, as values and as the one exception that carries them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProblemKind(StrEnum):
    """What a person can do about a failed call follows from its kind."""

    DENIED = "denied"  # 403: a role is missing
    UNAUTHENTICATED = "unauthenticated"  # 401: a key or credentials are missing or wrong
    API_DISABLED = "api_disabled"  # 403 SERVICE_DISABLED: the API is not enabled in the project
    NOT_FOUND = "not_found"
    EXHAUSTED = "exhausted"  # 429: a quota or rate limit
    UNAVAILABLE = "unavailable"  # 5xx, connection refused or broken
    TIMED_OUT = "timed_out"
    INVALID = "invalid"  # 400: refused for good; the same call will fail again
    UNKNOWN = "unknown"  # an answer that we do not understand


@dataclass(frozen=True, slots=True)
class Problem:
    """One failed call: of which system ("Vertex AI", "W&B", ...), where, and in the system's words.

    `message` is redacted and neutralised already. `retry_after` is in seconds, when the system named
    one. `missing` names the permission or API that the answer named, if it did. `effectless` means that
    the call surely changed nothing: it was never sent, or it was refused.
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
        """Whether the same call may succeed later without anybody mending anything."""
        return self.kind in PASSING


PASSING = frozenset(
    {ProblemKind.EXHAUSTED, ProblemKind.UNAVAILABLE, ProblemKind.TIMED_OUT, ProblemKind.UNKNOWN},
)


class ServiceError(Exception):
    """Raised by every client in place of its SDK's exceptions."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.system} {problem.region} {problem.kind}: {problem.message}")
        self.problem = problem


class BadInput(ValueError):  # noqa: N818 - it is a sentence for a person, not a failure of ours
    """What a person typed cannot be done; the text says what was wrong, what is allowed and an example."""


class StoreError(Exception):
    """The store cannot be read or written; the text is a sentence for the person who asked."""
