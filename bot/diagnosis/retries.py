"""Knows which errors were tried again, and which of them until the program gave up."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from bot.diagnosis.candidates import Event
from bot.diagnosis.parsing.lines import Rows
from bot.diagnosis.rules.rule import Strength

_RETRIED = re.compile(
    r"\bretry(?:ing)? (?:in|after|the|attempt|\d+|\()|^\s*retrying|[,;:.(] ?retrying|"
    r"will (?:retry|create)|\(retry|trying again|attempt \d+(?: of |/)\d+|backing off|sleeping \d|"
    r"try(?:ing)? to resume|resuming|"
    r"falling back|fall(?:s)? back to|(?<!before )continuing|recovered|reconnect(?:ed|ing)|reducing batch|"
    r"skipping(?! (?:the )?(?:launch|deploy\w*|push|publish\w*|release|remaining|rest|following|all)\b)",
    re.IGNORECASE,
)
_GAVE_UP = re.compile(
    r"giv(?:ing|en) up|gave up|Retry\(total=0,|max(?:imum)?(?: number of)? retries|MaxRetriesExceeded|"
    r"retries (?:exceeded|exhausted)|retry (?:budget|limit) (?:exceeded|exhausted|reached)|out of retries|"
    r"no more retries|after \d+ (?:attempts|retries|tries)|attempt (\d+)(?: of |/)\1\b|RetryError\[",
    re.IGNORECASE,
)
#: Words, in lower case, that a line of a program which gave up holds.
_WORDS = (
    "giving up",
    "given up",
    "gave up",
    "retries",
    "retry budget",
    "retry limit",
    "retryerror",
    "attempt",
    " tries",
)
_MOST = 200
#: Rows after an error in which it says that it is tried again, and in which the program gives up on it.
_NEAR, _GIVES_UP = 2, 12


def retried(rows: Rows, event: Event) -> bool:
    """Returns whether an error was tried again, as far as it and the rows right after it tell."""
    near = [rows.clean(row).text for row in range(event.row + 1, min(len(rows), event.last + 1 + _NEAR))]
    if any(_GAVE_UP.search(text[:400]) for text in [*near, event.quote]):
        return False
    return any(_RETRIED.search(text[:400]) for text in [*near, event.quote])


def given_up(rows: Rows, events: Sequence[Event]) -> frozenset[int]:
    """Returns the rows of the errors that were tried again until the program, soon after, gave up."""
    named = [e for e in events if e.match is not None and e.match.cause.strength >= Strength.GENERIC]
    places = [event.row for event in named]
    until: dict[str, int] = {}
    for row in sorted(rows.holding(_WORDS, _MOST)):
        at = bisect_left(places, row) - 1
        near = at >= 0 and row - named[at].last <= _GIVES_UP
        if near and _GAVE_UP.search(rows.clean(row).text[:400]):
            until[_cause(named[at])] = row
    return frozenset(event.row for event in named if event.row < until.get(_cause(event), 0))


def _cause(event: Event) -> str:
    return event.match.cause.id if event.match else ""
