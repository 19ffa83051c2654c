"""One line that quotes the root cause, and the lines around it; both safe to post."""

from __future__ import annotations

import re

from bot.diagnosis.choose import Choice
from bot.diagnosis.table import compiled
from bot.redaction import safe

#: Characters of a summary, at most.
LONGEST = 200
_HEAD = 56
_BEFORE = 24


def summary_of(choice: Choice) -> str:
    """Returns the chosen event's text in one safe line of at most 200 characters that keeps what matched."""
    event = choice.event
    whole = _one_line(f"{event.quote} {event.more}" if event.more else event.quote)
    if len(whole) <= LONGEST:
        return whole
    start, end = _matched(choice, whole)
    if end <= LONGEST - 1:
        return whole[: LONGEST - 1].rstrip() + "…"
    head = whole[:_HEAD].rsplit(" ", 1)[0]
    room = LONGEST - len(head) - 4
    begin = max(len(head), min(start - _BEFORE, len(whole) - room))
    tail = whole[begin : begin + room].strip()
    return f"{head} … {tail}"[:LONGEST]


def _matched(choice: Choice, text: str) -> tuple[int, int]:
    """Returns where in the text the part stands that must be kept: what was caught, or what matched first."""
    patterns = [compiled(p) for p in choice.event.match.cause.patterns] if choice.event.match else []
    within = len(_one_line(choice.event.quote))
    for end in (within, len(text)):
        for pattern in patterns:
            found = pattern.search(text, 0, end)
            if found is not None:
                caught = [found.end(name) for name in found.groupdict() if found.end(name) > 0]
                return found.start(), min(max([found.start() + 40, *caught]), found.end())
    return 0, 0


def _one_line(text: str) -> str:
    return re.sub(r"\s*[\r\n\t]\s*", " ", safe(text)).strip()
