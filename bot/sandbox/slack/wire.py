"""JSON as it crosses the wire, and the way Slack says no.

The sandbox keeps Slack's own objects (messages, blocks, views) as the JSON they are on the wire: it
is a protocol stand-in, and a second model of them would only hide what a client really receives.
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
        """Return the body of the answer, as Slack words it."""
        return {"ok": False, "error": self.word, **self.extra}


def invalid(word: str, problems: list[str]) -> RefusedError:
    """Return a refusal whose details stand in both places where Slack repeats them."""
    messages = [f"[ERROR] {problem}" for problem in problems]
    return RefusedError(word, errors=problems, response_metadata={"messages": messages})


def missing(name: str) -> RefusedError:
    """Return the refusal of a call that lacks a required argument."""
    return invalid("invalid_arguments", [f"missing required field: {name}"])


def truthy(value: object) -> bool:
    """Whether a form's or JSON's flag is set: Slack takes true, "true", 1 and "1"."""
    return str(value).lower() in {"true", "1"}
