"""Reads out of raw protobuf messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

_NEVER = datetime.min.replace(tzinfo=UTC)
_EPOCH = datetime.fromtimestamp(0, UTC)


def time_in(message: Any, field: str) -> datetime | None:
    """Return a timestamp field as an aware time in UTC, None when it is not set."""
    stamp = getattr(message, field)
    seconds = stamp.seconds
    # Asked second: a scan reads some two thousand, of which hardly one stands at the epoch.
    if not seconds and not message.HasField(field):
        return None
    return _EPOCH + timedelta(0, seconds, stamp.nanos // 1000)


def created_sort_key(created: datetime | None) -> datetime:
    """Return a sort key (to be reversed) that puts rows without a time last."""
    return created or _NEVER


def segment(resource: str, collection: str) -> str:
    """Return the id behind a collection in a resource name, "" when there is none."""
    _, found, rest = f"/{resource}".partition(f"/{collection}/")
    return rest.partition("/")[0] if found else ""
