"""Helpers for raw protobuf types, which are ten times as fast as proto-plus classes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from google.protobuf import timestamp_pb2


def raw(proto_plus: Any) -> Any:
    """Return the raw protobuf class of a proto-plus class."""
    return proto_plus.meta.pb


def enum_number(kind: Any, word: str, prefix: str = "") -> int:
    """Return the number of an enum name. A number as text is returned as it is."""
    return int(word) if word.isdigit() else int(kind[prefix + word])


def stamp(at: datetime) -> timestamp_pb2.Timestamp:
    """Return an aware time as a protobuf timestamp."""
    message = timestamp_pb2.Timestamp()
    message.FromDatetime(at)
    return message


def put_times(message: Any, **times: datetime | None) -> None:
    """Set the timestamp fields that have a value; leave the others unset."""
    for field, at in times.items():
        if at is not None:
            getattr(message, field).CopyFrom(stamp(at))
