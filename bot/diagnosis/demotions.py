"""Knows which errors only came of another one: a peer that lost a rank, a file whose storage refused it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from bot.diagnosis.candidates import Event
from bot.diagnosis.rules.rule import Strength
from bot.models.diagnosis import Category

#: What the system tells a program whose storage mount failed; the mount itself says why, in a line before.
_MOUNT = re.compile(
    r"\[Errno (?:5|30|107|116|121)\]|Input/output error|Stale file handle|Transport endpoint|unexpected pos"
)
#: What a registry answers who may not read, and how the permission is named that was missing.
_BARE_STATUS = re.compile(r"\b40[13]\b|PermissionDenied|ErrImagePull|ImagePullBackOff|denied")
_PERMISSION = re.compile(r"[Pp]ermission ['\"]?[a-z]\w+(?:\.\w+){1,4}|does not have permission")
_DENIED_ROWS = 4
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
    a_rank_died = next((other.row for other in standing if _raised_of_its_own(other)), None)
    an_install_failed = next((other.row for other in standing if _failed_install(other)), None)
    denials = [other.row for other in events if _PERMISSION.search(other.quote)]
    rows = [other.row for other in standing]
    found: set[int] = set()
    for event in events:
        category = _category(event)
        if category is Category.NCCL_DISTRIBUTED:
            came_of = a_rank_died is not None and event.row > a_rank_died
        elif category is Category.IMPORT_ERROR and event.raised:
            came_of = an_install_failed is not None and event.row > an_install_failed
        elif category is Category.IMAGE_PULL:
            came_of = _denied_below(event, denials)
        else:
            came_of = False
        if not came_of and event.raised and _MOUNT.search(said := _said(event)):
            near = standing[bisect_left(rows, event.row - _MOUNT_ROWS) : bisect_left(rows, event.row)]
            came_of = _was_refused(said, near)
        if came_of:
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


def _denied_below(event: Event, denials: Sequence[int]) -> bool:
    """Returns whether an image was refused with a bare status, and a line soon after names the permission."""
    if not _BARE_STATUS.search(event.quote):
        return False
    at = bisect_right(denials, event.row)
    return at < len(denials) and denials[at] <= event.row + _DENIED_ROWS


def _failed_install(event: Event) -> bool:
    return _category(event) is Category.DEPENDENCY_INSTALL and event.weight >= _AN_ERROR


def _was_refused(said: str, near: Sequence[Event]) -> bool:
    """Returns whether a line before had told why the file of which a program complains cannot be used."""
    names = _FILE.findall(said)
    told = [other.quote for other in near if not other.raised and other.weight >= _AN_ERROR]
    return any(name in quote for name in names for quote in told)


def _said(event: Event) -> str:
    return " ".join([event.quote, event.more, *event.also])


def _category(event: Event) -> Category | None:
    return event.match.cause.category if event.match else None
