"""JSON as on the wire, and Slack's error responses.

The sandbox keeps Slack's objects (messages, blocks, views) as JSON: it
is a protocol stand-in, and a second model would hide what a client really receives.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


class RefusedError(Exception):
    """A call that Slack answers with `{"ok": false, "error": word}` and the given extra fields."""

    def __init__(self, word: str, **extra: Any) -> None:
        super().__init__(word)
        self.word = word
        self.extra: Json = extra

    def answer(self) -> Json:
        """Return the body of Slack's response."""
        return {"ok": False, "error": self.word, **self.extra}


def invalid(word: str, problems: list[str]) -> RefusedError:
    """Return an error with details in both places where Slack puts them."""
    messages = [f"[ERROR] {problem}" for problem in problems]
    return RefusedError(word, errors=problems, response_metadata={"messages": messages})


def missing(name: str) -> RefusedError:
    """Return the error for a missing required argument."""
    return invalid("invalid_arguments", [f"missing required field: {name}"])


def truthy(value: object) -> bool:
    """Return whether a flag of a form or JSON is set: Slack accepts true, "true", 1 and "1"."""
    return str(value).lower() in {"true", "1"}
