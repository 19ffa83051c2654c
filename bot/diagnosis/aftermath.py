"""Knows which errors only came of another one: a peer that lost a rank, a file whose storage refused it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from bot.diagnosis.cause import Strength
from bot.diagnosis.events import Event
from bot.models.diagnosis import Category

#: What the system tells a program whose storage mount failed; the mount itself says why, in a line before.
_MOUNT = re.compile(
    r"\[Errno (?:5|30|107|116|121)\]|Input/output error|Stale file handle|Transport endpoint|unexpected pos"
)
_FILE = re.compile(r"[\w.@=+-]+/([\w.@=+-]{3,})(?=['\"\s:,)]|$)")
_MOUNT_ROWS = 20
#: The weight from which an error that names its object explains what the program met soon after.
_AN_ERROR = 70
#: What no rank raises of its own accord while another is at fault.
_NOT_OWN = frozenset({Category.NCCL_DISTRIBUTED, Category.UNKNOWN})


def aftermath(events: Sequence[Event], standing: Sequence[Event]) -> frozenset[int]:
    """Returns the rows of the events that came of another; `standing` are those that may explain one.

    Both are in the order of their rows.
    """
    first = next((other.row for other in standing if _raised_of_its_own(other)), None)
    rows = [other.row for other in standing]
    found: set[int] = set()
    for event in events:
        lost_a_peer = _category(event) is Category.NCCL_DISTRIBUTED
        if (lost_a_peer and first is not None and event.row > first) or _not_installed(event, standing):
            found.add(event.row)
        elif event.raised and _MOUNT.search(said := _said(event)):
            near = standing[bisect_left(rows, event.row - _MOUNT_ROWS) : bisect_left(rows, event.row)]
            if _was_refused(said, near):
                found.add(event.row)
    return frozenset(found)


def _raised_of_its_own(event: Event) -> bool:
    """Returns whether a rank died of something else than of the loss of another."""
    return (
        event.raised
        and event.match is not None
        and event.match.cause.strength >= Strength.GENERIC
        and event.match.cause.category not in _NOT_OWN
    )


def _not_installed(event: Event, standing: Sequence[Event]) -> bool:
    """Returns whether an install had failed before something could not be imported."""
    if not event.raised or _category(event) is not Category.IMPORT_ERROR:
        return False
    return any(
        other.row < event.row
        and _category(other) is Category.DEPENDENCY_INSTALL
        and other.weight >= _AN_ERROR
        for other in standing
    )


def _was_refused(said: str, near: Sequence[Event]) -> bool:
    """Returns whether a line before had told why the file of which a program complains cannot be used."""
    names = _FILE.findall(said)
    told = [other.quote for other in near if not other.raised and other.weight >= _AN_ERROR]
    return any(name in quote for name in names for quote in told)


def _said(event: Event) -> str:
    return " ".join([event.quote, event.more, *event.also])


def _category(event: Event) -> Category | None:
    return event.match.cause.category if event.match else None
