"""Reads the message out of a log line that a program wrote as JSON."""

from __future__ import annotations

import json

_LONGEST = 100_000
_LOUD = frozenset({"ERROR", "CRITICAL", "FATAL", "ALERT", "EMERGENCY"})
_MESSAGES = ("message", "msg", "event", "evt", "text")
_LEVELS = ("severity", "level", "levelname", "lvl", "log_level")
_TRACES = ("exc_info", "exception", "stack_trace", "traceback", "stack", "stacktrace", "error", "err")
_MARKS = tuple(f'"{key}"' for key in _MESSAGES)


def may_be_json(line: str) -> bool:
    """Return whether a line may be a record in JSON; cheap."""
    return line[:1] == "{" and any(mark in line for mark in _MARKS)


def message_of(line: str) -> str:
    """Return a JSON line's message, its level before and its traceback below; other lines as they are."""
    if len(line) > _LONGEST:
        return line
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if not isinstance(said, dict):
        return line
    payload = said.get("jsonPayload")
    said = {**said, **payload} if isinstance(payload, dict) else said
    message = next((text for key in _MESSAGES if isinstance(text := said.get(key), str)), None)
    if message is None:
        return line
    level = next((str(said[key]).upper() for key in _LEVELS if said.get(key)), "")
    traces = [text for key in _TRACES if isinstance(text := said.get(key), str)]
    return "\n".join([f"ERROR: {message}" if level in _LOUD else message, *traces])
