"""Reads fields of raw protobuf messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

_NEVER = datetime.min.replace(tzinfo=UTC)
_EPOCH = datetime.fromtimestamp(0, UTC)


def time_in(message: Any, field: str) -> datetime | None:
    """Return a timestamp field as an aware time in UTC, None when it is not set."""
    stamp = getattr(message, field)
    seconds = stamp.seconds
    # Checked second for speed: a scan reads about two thousand timestamps, hardly any of them the epoch.
    if not seconds and not message.HasField(field):
        return None
    return _EPOCH + timedelta(0, seconds, stamp.nanos // 1000)


def created_sort_key(created: datetime | None) -> datetime:
    """Return a sort key for descending order that puts rows without a time last."""
    return created or _NEVER


def segment(resource: str, collection: str) -> str:
    """Return the id that follows a collection in a resource name, "" when there is none."""
    _, found, rest = f"/{resource}".partition(f"/{collection}/")
    return rest.partition("/")[0] if found else ""
