"""Extracts the message of log lines that are JSON objects."""

from __future__ import annotations

import json

_MAX_LENGTH = 100_000
_ERROR_LEVELS = frozenset({"ERROR", "CRITICAL", "FATAL", "ALERT", "EMERGENCY"})
_MESSAGE_KEYS = ("message", "msg", "event", "evt", "text")
_LEVEL_KEYS = ("severity", "level", "levelname", "lvl", "log_level")
_TRACEBACK_KEYS = ("exc_info", "exception", "stack_trace", "traceback", "stack", "stacktrace", "error", "err")
_QUOTED_KEYS = tuple(f'"{key}"' for key in _MESSAGE_KEYS)


def may_be_json(line: str) -> bool:
    """Return whether a line may be a JSON record; a cheap test."""
    return line[:1] == "{" and any(key in line for key in _QUOTED_KEYS)


def message_of(line: str) -> str:
    """Return the message of a JSON line with its error level and traceback; other lines unchanged."""
    if len(line) > _MAX_LENGTH:
        return line
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(record, dict):
        return line
    payload = record.get("jsonPayload")
    record = {**record, **payload} if isinstance(payload, dict) else record
    message = next((text for key in _MESSAGE_KEYS if isinstance(text := record.get(key), str)), None)
    if message is None:
        return line
    level = next((str(record[key]).upper() for key in _LEVEL_KEYS if record.get(key)), "")
    traces = [text for key in _TRACEBACK_KEYS if isinstance(text := record.get(key), str)]
    return "\n".join([f"ERROR: {message}" if level in _ERROR_LEVELS else message, *traces])
