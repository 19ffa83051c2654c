"""Knows what a run was stuck in when the platform's patience ended."""

from __future__ import annotations

from collections.abc import Sequence

from bot.diagnosis.candidates import Event
from bot.diagnosis.rules.rule import Strength
from bot.models.diagnosis import Category

#: Equal errors in a row that make it stuck, and rows between the last of them and the end at most.
_TIMES, _BEFORE_THE_END = 3, 8


def stuck_in(events: Sequence[Event], progress: int) -> tuple[frozenset[int], Event | None]:
    """Returns the rows of one cause's errors that came again and again up to a timeout, and that timeout.

    `progress` is the last row on which work visibly went on: errors before it were overcome. Without a
    platform's timeout, or where the run was busy with something else, there are none.
    """
    end = next((event for event in reversed(events) if _is_a_timeout(event)), None)
    if end is None:
        return frozenset(), None
    before = [e for e in events if progress < e.row < end.row and _names_a_cause(e)]
    if not before or end.row - before[-1].last > _BEFORE_THE_END:
        return frozenset(), None
    same = frozenset(event.row for event in before if _cause(event) == _cause(before[-1]))
    return (same, end) if len(same) >= _TIMES else (frozenset(), None)


def never_overcome(events: Sequence[Event], progress: int) -> frozenset[int]:
    """Returns the rows of the errors that name what to change and after which no work visibly went on."""
    return frozenset(
        event.row
        for event in events
        if event.row > progress
        and event.match is not None
        and event.match.cause.strength >= Strength.SPECIFIC
    )


def _is_a_timeout(event: Event) -> bool:
    cause = event.match.cause if event.match else None
    return cause is not None and cause.category is Category.TIMEOUT and cause.strength is Strength.VERDICT


def _names_a_cause(event: Event) -> bool:
    return event.match is not None and event.match.cause.strength >= Strength.GENERIC


def _cause(event: Event) -> str:
    return event.match.cause.id if event.match else ""
