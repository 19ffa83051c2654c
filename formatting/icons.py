"""One icon for each state, and the state as text. Icons are always shown with the text."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

WAITING, AT_WORK, DONE, FAILED, STOPPED, PARTLY, UNKNOWN = "○", "●", "✓", "✗", "■", "◐", "?"

# Keyed by the enum's value: the enums of runners, jobs, builds, runs and queue items share values.
_ICONS: Mapping[str, str] = MappingProxyType(
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


def icon(state: StrEnum) -> str:
    """Return the state's icon; `?` for a state without one."""
    return _ICONS.get(state.value, UNKNOWN)


def icon_with_text(state: StrEnum) -> str:
    """Return the icon and the state as text: "✓ partially succeeded"."""
    return f"{icon(state)} {state_text(state)}"


def state_text(state: StrEnum) -> str:
    """Return the state as text, without its icon."""
    return state.value.replace("_", " ")
