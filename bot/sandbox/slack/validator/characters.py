"""Counts the visible characters in JSON."""

from __future__ import annotations

SPOKEN = frozenset({"text", "title", "subtitle", "caption", "fallback"})


def characters(value: object) -> int:
    """Return the number of visible characters (code points) in all texts of a JSON value."""
    if isinstance(value, list):
        return sum(characters(item) for item in value)
    if not isinstance(value, dict):
        return 0
    return sum(
        len(item) if isinstance(item, str) and name in SPOKEN else characters(item)
        for name, item in value.items()
    )
