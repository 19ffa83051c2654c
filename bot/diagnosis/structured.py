"""Reads the message out of a log line that a program wrote as JSON."""

from __future__ import annotations

import json

_LONGEST = 100_000
_LOUD = frozenset({"ERROR", "CRITICAL", "FATAL", "ALERT", "EMERGENCY"})
_TRACES = ("exc_info", "exception", "stack_trace", "traceback", "stack")


def message_of(line: str) -> str:
    """Returns a JSON line's message, its level before and its traceback below; other lines as they are."""
    if len(line) > _LONGEST:
        return line
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return line
    message = said.get("message") if isinstance(said, dict) else None
    if not isinstance(message, str):
        return line
    level = str(said.get("severity") or said.get("level") or said.get("levelname") or "").upper()
    traces = [text for key in _TRACES if isinstance(text := said.get(key), str)]
    return "\n".join([f"ERROR: {message}" if level in _LOUD else message, *traces])
