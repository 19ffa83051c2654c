"""Reads out of raw protobuf messages, which cost a fifth of the same reads through proto-plus."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

_NEVER = datetime.min.replace(tzinfo=UTC)
_EPOCH = datetime.fromtimestamp(0, UTC)


async def raw_pages(pager: Any) -> AsyncIterator[Any]:
    """The pages of a listing as raw protobuf messages, asked for one after the other."""
    async for page in pager.pages:
        yield raw(page)


def raw(message: Any) -> Any:
    """The raw protobuf message inside a proto-plus one; no copy is made."""
    return type(message).pb(message)


def time_in(message: Any, field: str) -> datetime | None:
    """A timestamp field as an aware time in UTC, None when it is not set."""
    if not message.HasField(field):
        return None
    stamp = getattr(message, field)
    return _EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)


def newest_first(created: datetime | None) -> datetime:
    """A sort key (to be reversed) that puts rows without a time last."""
    return created or _NEVER


def segment(resource: str, collection: str) -> str:
    """The id behind a collection in a resource name, "" when there is none."""
    parts = resource.split("/")
    return parts[parts.index(collection) + 1] if collection in parts[:-1] else ""
