"""Translates W&B's errors, from GraphQL and from the SDK, into `Problem`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.redaction import safe

SYSTEM = "W&B"
_KINDS: dict[int, ProblemKind] = {
    HTTPStatus.BAD_REQUEST: ProblemKind.INVALID,
    HTTPStatus.UNAUTHORIZED: ProblemKind.UNAUTHENTICATED,
    HTTPStatus.FORBIDDEN: ProblemKind.DENIED,
    HTTPStatus.NOT_FOUND: ProblemKind.NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT: ProblemKind.TIMED_OUT,
    HTTPStatus.TOO_MANY_REQUESTS: ProblemKind.EXHAUSTED,
}
# The server evaluated the request and refused it, without effect.
_REFUSALS = frozenset(
    {
        ProblemKind.DENIED,
        ProblemKind.UNAUTHENTICATED,
        ProblemKind.NOT_FOUND,
        ProblemKind.EXHAUSTED,
        ProblemKind.INVALID,
    }
)
# GraphQL errors have no code, only a message; these are texts of W&B's server, SDK and wandb-core.
_WORDS: tuple[tuple[str, ProblemKind], ...] = (
    ("not logged in", ProblemKind.UNAUTHENTICATED),
    ("api key", ProblemKind.UNAUTHENTICATED),
    ("permission denied", ProblemKind.DENIED),
    ("forbidden", ProblemKind.DENIED),
    ("rate limit", ProblemKind.EXHAUSTED),
    ("cannot query field", ProblemKind.INVALID),
    ("unknown argument", ProblemKind.INVALID),
    ("not found", ProblemKind.NOT_FOUND),
    ("could not find", ProblemKind.NOT_FOUND),
    ("did not respond in time", ProblemKind.TIMED_OUT),
    ("connection re", ProblemKind.UNAVAILABLE),  # refused, reset
    ("dial tcp", ProblemKind.UNAVAILABLE),
    (": eof", ProblemKind.UNAVAILABLE),
)
# The SDK's exceptions when its process is gone; a third one says so in its message.
SDK_PROCESS_GONE = "the process of its library is not running"
_GONE = ("MailboxClosedError", "HandleAbandonedError")
_STATUS = re.compile(r"\bHTTP (\d{3})\b:?")
# Characters of a message that are redacted and shown.
_READ, _SHOWN = 12_000, 500


def failure(kind: ProblemKind, message: str, *, effectless: bool = False) -> ServiceError:
    """Return a ServiceError with our own message."""
    return ServiceError(Problem(kind, SYSTEM, message, effectless=effectless))


def timed_out(deadline: float) -> ServiceError:
    """Return the error for a call that did not end within `deadline` seconds."""
    return failure(ProblemKind.TIMED_OUT, f"no answer within {deadline:g} s")


def no_key() -> ServiceError:
    """Return the error for a missing API key."""
    return failure(ProblemKind.UNAUTHENTICATED, "WANDB_API_KEY is not set", effectless=True)


def of_status(status: int, text: str, headers: Mapping[str, str] | None = None) -> Problem:
    """Return the problem for an HTTP status other than 200; `text` is the body or the message in it."""
    unavailable = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = _KINDS.get(status, ProblemKind.UNAVAILABLE if unavailable else ProblemKind.UNKNOWN)
    return Problem(
        kind=kind,
        system=SYSTEM,
        message=_sentence(f"HTTP {status}: {_words(text)}"),
        retry_after=_retry_after(headers or {}),
        # A server error does not show whether the request took effect.
        effectless=kind in _REFUSALS,
    )


def from_message(text: str) -> Problem:
    """Return the problem for a GraphQL error message."""
    low = text[:_READ].lower()
    kind = next((kind for words, kind in _WORDS if words in low), ProblemKind.UNKNOWN)
    if kind is ProblemKind.TIMED_OUT:
        text = "no answer in time"
    return Problem(kind, SYSTEM, _sentence(_words(text)), effectless=kind in _REFUSALS)


def of_library(error: BaseException) -> Problem:
    """Return the problem for an exception of the `wandb` SDK."""
    for one in _chain(error):
        status = getattr(getattr(one, "response", None), "http_status", 0)
        if status:
            return of_status(status, str(one))
    text = str(error)
    if any(_is_gone(one) for one in _chain(error)) or "process is not running" in text:
        return Problem(ProblemKind.UNAVAILABLE, SYSTEM, SDK_PROCESS_GONE)
    found = _STATUS.search(text)
    if found:
        return of_status(int(found[1]), text[found.end() :])
    if "invalid character" in text:  # how wandb-core reports a response that is not JSON
        return Problem(ProblemKind.UNKNOWN, SYSTEM, "its answer is not JSON")
    return from_message(text or type(error).__name__)


def _is_gone(error: BaseException) -> bool:
    # The SDK's only connection is the one to its process.
    return type(error).__name__ in _GONE or isinstance(error, ConnectionError)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _words(text: str) -> str:
    if text.lstrip().startswith("<"):
        return "it answered with a web page"
    return text.strip() or "no message"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    # RateLimit-Reset is in seconds: https://docs.wandb.ai/support/models/articles/rate-limit-exceeded-on-metric-logging
    for name in ("Retry-After", "RateLimit-Reset"):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"\d+(\.\d+)?", value):
            return float(value)
        if value:
            return _until(value)
    return None


def _until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _sentence(text: str) -> str:
    # Redact before truncating: part of a key would not be recognised as one.
    return " ".join(safe(text.strip(), most=_READ).split())[:_SHOWN]
