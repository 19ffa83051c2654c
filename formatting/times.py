"""Times and durations as people read them. `now` is always a parameter; a time without zone is UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from formatting.slack.text import UNKNOWN

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def aware(at: datetime) -> datetime:
    """Return the time in UTC; a naive one is taken for UTC, so that two times can always be compared."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Whole time between two moments in seconds, never negative (clocks differ); None when one is unknown."""
    if start is None or end is None:
        return None
    return max(0.0, (aware(end) - aware(start)).total_seconds())


def duration(seconds: float | None) -> str:
    """Seconds in at most two units: "12 s", "2 min 5 s", "2 h 5 min", "3 d 4 h"; "-" when unknown."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    for unit, name, part, part_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // part
            return f"{whole // unit} {name} {rest} {part_name}" if rest else f"{whole // unit} {name}"
    return UNKNOWN


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago, in one unit: "3 min ago"; "just now" also for a clock that runs ahead of ours."""
    passed = seconds_between(at, now)
    if passed is None:
        return UNKNOWN
    whole = int(passed)
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if whole >= unit:
            return f"{whole // unit} {name} ago"
    return f"{whole} s ago" if whole else "just now"


def utc(at: datetime) -> str:
    """Return the moment in plain text: "2026-11-23 14:02 UTC"."""
    return aware(at).strftime("%Y-%m-%d %H:%M UTC")


def clock(at: datetime) -> str:
    """Return the time of day in plain text: "14:02 UTC"."""
    return aware(at).strftime("%H:%M UTC")


def date_element(at: datetime) -> dict[str, Any]:
    """Return a rich_text date element, which each reader sees in their own zone, with UTC where it cannot be shown.

    https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
    """
    return {
        "type": "date",
        "timestamp": int(aware(at).timestamp()),
        "format": "{date_short_pretty}, {time}",
        "fallback": utc(at),
    }


def date_in_text(at: datetime, form: str = "{date_short_pretty} at {time}") -> str:
    """Return a date inside mrkdwn, in each reader's own zone, with UTC as its fallback.

    https://docs.slack.dev/messaging/formatting-message-text
    """
    return f"<!date^{int(aware(at).timestamp())}^{form}|{utc(at)}>"
