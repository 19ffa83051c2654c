from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bot.clients.wandb.converters import moment_of, number_of
from bot.clients.wandb.errors import from_message, of_library, of_status
from bot.models.errors import ProblemKind

MOMENT = datetime(2026, 3, 6, 9, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("2026-03-06T09:00:05Z", MOMENT),
        ("2026-03-06T09:00:05", MOMENT),
        ("2026-03-06T10:00:05+01:00", MOMENT),
        ("2026-03-06T09:00:05.250000", MOMENT + timedelta(milliseconds=250)),
        ("", None),
        (None, None),
        ("yesterday", None),
    ],
)
def test_stamps_are_utc_with_or_without_a_zone(stamp: object, moment: datetime | None) -> None:
    """A time without a zone, next to one with it, once dropped every running run from a table."""
    assert moment == moment_of(stamp)


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, 1.0), (0.5, 0.5), ("Infinity", float("inf")), (True, None), ("x", None), ({}, None)],
)
def test_metrics_are_numbers_only(value: object, number: float | None) -> None:
    """Pictures, tables and words in a summary are no metrics."""
    assert number == number_of(value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "Failed to execute API request: the service process is busy and did not respond in time.",
            "timed_out",
        ),
        ("POST u giving up after 2 attempt(s)\nwhile retrying: HTTP 503: <html>x</html>", "unavailable"),
        ("POST u giving up: dial tcp 127.0.0.1:1: connect: connection refused", "unavailable"),
        ("POST u giving up: EOF\nwhile retrying: Post u: EOF", "unavailable"),
        ("Failed to execute API request: the service process is not running.", "unavailable"),
        ("invalid character '<' looking for beginning of value", "unknown"),
        ("input: permission denied", "denied"),
        ("", "unknown"),
    ],
)
def test_the_librarys_words_are_understood(text: str, kind: str) -> None:
    """The library says every failure in one exception: what a person can do stands in its words."""
    problem = of_library(RuntimeError(text))

    assert ProblemKind(kind) is problem.kind
    assert "<html>" not in problem.message


def test_the_status_is_found_behind_other_exceptions() -> None:
    """A refused key arrives wrapped: its HTTP status decides."""

    class Answer:
        http_status = 401

    inner = RuntimeError("user is not logged in")
    inner.response = Answer()  # type: ignore[attr-defined] # as the library's exception has it
    outer = ValueError("Failed to verify credentials")
    outer.__cause__ = inner

    assert of_library(outer).kind is ProblemKind.UNAUTHENTICATED


def test_a_date_in_retry_after_is_seconds_from_now() -> None:
    """HTTP allows both forms; the pause must not be zero, nor forever."""
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)

    problem = of_status(503, "", {"Retry-After": later})

    assert problem.retry_after is not None
    assert 25 < problem.retry_after <= 30
    assert of_status(503, "", {"Retry-After": "soon"}).retry_after is None


def test_the_reset_of_the_rate_limit_counts_too() -> None:
    """W&B names its own header beside the usual one."""
    assert of_status(429, "", {"RateLimit-Reset": "12"}).retry_after == 12.0


def test_messages_are_redacted() -> None:
    """W&B may repeat what it was sent, and a message goes into a chat."""
    key = "4f" * 20

    assert key not in from_message(f"invalid WANDB_API_KEY={key} <!channel>").message
    assert "<!channel>" not in from_message("hello <!channel>").message
