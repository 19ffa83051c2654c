"""Converts a log entry of the sandbox's world to Cloud Logging's message."""

from __future__ import annotations

from typing import Any

from google.cloud.audit import audit_log_pb2
from google.cloud.logging_v2 import types
from google.logging.type import log_severity_pb2

from bot.sandbox.google.messages import raw, stamp
from bot.sandbox.world.state import SimLogEntry
from bot.sandbox.world.world import World

_LogEntry = raw(types.LogEntry)

SEVERITIES: dict[str, int] = dict(log_severity_pb2.LogSeverity.items())

# https://docs.cloud.google.com/logging/docs/api/v2/resource-list and what each service writes
_LOG_NAMES = {
    "cloud_run_job": "run.googleapis.com%2Fstderr",
    "ml_job": "ml.googleapis.com%2F{job_id}",
    "build": "cloudbuild",
}


def entry_message(world: World, entry: SimLogEntry) -> Any:
    """Return the message with its payload: text, JSON, an audit log's status, or none."""
    log = _LOG_NAMES.get(entry.resource_type, "stderr").format_map({"job_id": "0", **entry.resource_labels})
    message = _LogEntry(
        log_name=f"projects/{world.project}/logs/{log}",
        insert_id=entry.insert_id,
        severity=SEVERITIES.get(entry.severity, 0),
        labels=entry.labels,
        timestamp=stamp(entry.at),
        receive_timestamp=stamp(max(entry.at, entry.visible)),
    )
    message.resource.type = entry.resource_type
    message.resource.labels.update({"project_id": world.project, **entry.resource_labels})
    if entry.text is not None:
        message.text_payload = entry.text
    elif entry.json is not None:
        message.json_payload.update(entry.json)
    elif entry.proto is not None:
        audit = audit_log_pb2.AuditLog(service_name="run.googleapis.com")
        audit.status.code, audit.status.message = 13, entry.proto
        message.proto_payload.Pack(audit)
    return message
