"""A Cloud Logging entry's message as our noun."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bot.clients.google.log_filters import EXECUTION_LABEL
from bot.clients.google.protobuf import time_in
from bot.models.cloud import LogEntry

# https://docs.cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity
_SEVERITIES: dict[int, str] = {
    0: "DEFAULT",
    100: "DEBUG",
    200: "INFO",
    300: "NOTICE",
    400: "WARNING",
    500: "ERROR",
    600: "CRITICAL",
    700: "ALERT",
    800: "EMERGENCY",
}
# Above this a float no longer tells one integer from the next.
_EXACT = 2**53
_EPOCH = datetime.fromtimestamp(0, UTC)


def entry_of(message: Any) -> LogEntry:
    """The noun, its text as written: not redacted."""
    return LogEntry(
        insert_id=message.insert_id,
        at=time_in(message, "timestamp") or time_in(message, "receive_timestamp") or _EPOCH,
        severity=_SEVERITIES.get(message.severity, "DEFAULT"),
        text=_text(message),
        owner=_owner(message),
    )


def _owner(message: Any) -> str:
    if EXECUTION_LABEL in message.labels:
        return str(message.labels[EXECUTION_LABEL])
    labels = message.resource.labels
    return next((str(labels[key]) for key in ("job_id", "build_id") if key in labels), "")


def _text(message: Any) -> str:
    payload = message.WhichOneof("payload")
    if payload == "text_payload":
        return str(message.text_payload)
    if payload == "json_payload":
        return _of_json(message.json_payload)
    if payload == "proto_payload":
        return _of_proto(message.proto_payload)
    return ""


def _of_json(struct: Any) -> str:
    """The field `message` when it is text, else all of it as compact JSON."""
    fields = struct.fields
    if "message" in fields and fields["message"].WhichOneof("kind") == "string_value":
        return str(fields["message"].string_value)
    return _compact(struct)


def _of_proto(packed: Any) -> str:
    """An audit log's status when it has one, else the message as JSON, else the name of its type."""
    from google.cloud.audit import audit_log_pb2  # noqa: PLC0415 - heavy, and rarely needed

    audit = audit_log_pb2.AuditLog()
    if packed.Is(audit.DESCRIPTOR):
        packed.Unpack(audit)
        return audit.status.message or _compact(audit)
    try:
        return _compact(packed)
    except TypeError:
        # A type that this process has no description of.
        return f"[{packed.TypeName()}]"


def _compact(message: Any) -> str:
    from google.protobuf.json_format import MessageToJson  # noqa: PLC0415 - as above

    fields = json.loads(MessageToJson(message), parse_float=_number)
    # A struct is a map without an order of its own: sorted, the same entry always reads the same.
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _number(text: str) -> float:
    """A struct holds every number as a float; those that were written as integers read as integers again."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < _EXACT else value
