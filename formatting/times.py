"""Formats times and durations. `now` is always a parameter. A time without a zone is UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from formatting.slack.text import UNKNOWN

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def aware(at: datetime) -> datetime:
    """Return the time in UTC. A naive time is assumed to be UTC, so that times can be compared."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds between two times, never negative (clocks differ); None if one is unknown."""
    if start is None or end is None:
        return None
    return max(0.0, (aware(end) - aware(start)).total_seconds())


def duration(seconds: float | None) -> str:
    """Return seconds in at most two units: "12 s", "2 min 5 s", "2 h 5 min", "3 d 4 h"; "-" when unknown."""
    if seconds is None:
        return UNKNOWN
    total = max(0, int(seconds))
    if total < _MINUTE:
        return f"{total} s"
    for unit, name, part, part_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if total >= unit:
            rest = total % unit // part
            return f"{total // unit} {name} {rest} {part_name}" if rest else f"{total // unit} {name}"
    return UNKNOWN


def ago(at: datetime | None, now: datetime) -> str:
    """Return the time passed in one unit: "3 min ago". A time in the future is "just now"."""
    passed = seconds_between(at, now)
    if passed is None:
        return UNKNOWN
    total = int(passed)
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if total >= unit:
            return f"{total // unit} {name} ago"
    return f"{total} s ago" if total else "just now"


def utc(at: datetime) -> str:
    """Return date and time in plain text: "2026-11-23 14:02 UTC"."""
    return aware(at).strftime("%Y-%m-%d %H:%M UTC")


def clock(at: datetime) -> str:
    """Return the time of day in plain text: "14:02 UTC"."""
    return aware(at).strftime("%H:%M UTC")


def date_element(at: datetime) -> dict[str, Any]:
    """Return a rich_text date element, shown in each reader's time zone, with UTC as its fallback.

    https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
    """
    return {
        "type": "date",
        "timestamp": int(aware(at).timestamp()),
        "format": "{date_short_pretty}, {time}",
        "fallback": utc(at),
    }


def date_in_text(at: datetime, form: str = "{date_short_pretty} at {time}") -> str:
    """Return a date for mrkdwn, shown in each reader's time zone, with UTC as its fallback.

    https://docs.slack.dev/messaging/formatting-message-text
    """
    return f"<!date^{int(aware(at).timestamp())}^{form}|{utc(at)}>"
