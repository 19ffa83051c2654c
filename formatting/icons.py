"""One glyph for each state, the same everywhere, and always with the state's words beside it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

WAITING, AT_WORK, DONE, FAILED, STOPPED, PARTLY, UNKNOWN = "○", "●", "✓", "✗", "■", "◐", "?"

# By the state's word: the enums of runners, jobs, builds, runs and queue items share their words.
_GLYPHS: Mapping[str, str] = MappingProxyType(
    {
        "pending": WAITING,
        "queued": WAITING,
        "leased": WAITING,
        "claimed": WAITING,
        "paused": WAITING,
        "open": WAITING,
        "running": AT_WORK,
        "working": AT_WORK,
        "updating": AT_WORK,
        "submitted": AT_WORK,
        "succeeded": DONE,
        "success": DONE,
        "finished": DONE,
        "failed": FAILED,
        "failure": FAILED,
        "crashed": FAILED,
        "internal_error": FAILED,
        "timeout": FAILED,
        "timed_out": FAILED,
        "expired": FAILED,
        "lost": FAILED,
        "refused": FAILED,
        "cancelling": STOPPED,
        "cancelled": STOPPED,
        "killed": STOPPED,
        "preempting": PARTLY,
        "preempted": PARTLY,
        "partially_succeeded": PARTLY,
        "unknown": UNKNOWN,
    },
)


def glyph(state: StrEnum) -> str:
    """Return the state's glyph; `?` for a state that this table does not know."""
    return _GLYPHS.get(state.value, UNKNOWN)


def with_words(state: StrEnum) -> str:
    """Return the glyph and the state in words: "✓ partially succeeded"."""
    return f"{glyph(state)} {words(state)}"


def words(state: StrEnum) -> str:
    """Return the state in words, without its glyph."""
    return state.value.replace("_", " ")
