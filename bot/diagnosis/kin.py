"""Adds to the chosen error what lines close to it say of the same thing, for a whole summary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

from bot.diagnosis.candidates import Event
from bot.diagnosis.parsing.platform import is_platform
from bot.diagnosis.ranking import Choice
from bot.diagnosis.rules.rule import Strength

_TAG = re.compile(r"^\[[^\]]{1,40}\]:? |^\w+: ")
_TEST = re.compile(r"FAIL: |ERROR: test|--- FAIL: ")
_KIN_ROWS, _AN_ERROR, _SAID = 60, 70, 6
#: What stands before a line that is told besides.
_BELOW = " | "
#: Rows below the choice in which another cause that names a thing belongs to it.
_NEXT = 3
#: Characters in which two lines begin alike, so that only the rest of the second is news.
_ALIKE = 40
_REST = 20


def with_kin(choice: Choice, events: Sequence[Event]) -> Choice:
    """Returns the choice with what lines close to it say of the same cause, and right below of another."""
    event, match = choice.event, choice.event.match
    if match is None or match.cause.strength < Strength.GENERIC:
        return choice
    lead = [text for text in (event.quote, event.more) if text]
    also = [_only_the_rest(told, lead) for told in event.also]
    said = [*lead, *event.also]
    for other in _kin(event, events):
        news = _news(other.quote, said)
        if news and not is_platform(other.quote):
            said.append(other.quote)
            also.append(f"{_BELOW}{news} {other.more}".rstrip())
    return replace(choice, event=replace(event, also=tuple(also[:_SAID])))


def _kin(event: Event, events: Sequence[Event]) -> Iterator[Event]:
    """Yields the events that tell of the same: first those below the event, then those above it."""
    raised = _raised_by_test(event, events)
    for other in sorted(events, key=lambda other: other.row < event.row):
        near = event.row < other.row <= event.row + _KIN_ROWS or _led_to(other, event)
        if other is raised or (near and _cause(other) == _cause(event)) or _goes_on(event, other):
            yield other


def _only_the_rest(told: str, said: Sequence[str]) -> str:
    """Returns a line below the event as it was told, or its end where it begins as the event does."""
    rest = _rest(told.removeprefix(_BELOW), said) if told.startswith(_BELOW) else ""
    return f"{_BELOW}{rest}" if rest else told


def _news(quote: str, said: Sequence[str]) -> str:
    """Returns what a line says that was not said: nothing, its end, or all of it."""
    begins = _TAG.sub("", quote)[:60]
    heard = any(begins in text or text[:60] in quote for text in said)
    return _rest(quote, said) if heard else quote


def _rest(quote: str, said: Sequence[str]) -> str:
    """Returns the end of a line of which only the beginning was said before."""
    alike = max((_alike(quote, text) for text in said), default=0)
    if alike < _ALIKE or any(quote in text for text in said):
        return ""
    start = quote.rfind(" ", 0, alike + 1) + 1
    rest = quote[start:]
    return f"\u2026 {rest}" if len(rest) >= _REST else ""


def _alike(one: str, other: str) -> int:
    """Returns in how many characters two texts begin alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _goes_on(event: Event, other: Event) -> bool:
    """Returns whether a line right below names what the platform's own words about the event do not."""
    match = other.match
    below = event.row < other.row <= event.row + _NEXT
    return below and match is not None and match.cause.strength >= Strength.SPECIFIC and bool(match.parts)


def _led_to(other: Event, event: Event) -> bool:
    """Returns whether an error, or what names the thing that the event does not, stands shortly before it."""
    names = (
        other.match is not None and event.match is not None and other.match.parts and not event.match.parts
    )
    return event.row - _KIN_ROWS <= other.row < event.row and (other.weight >= _AN_ERROR or bool(names))


def _raised_by_test(event: Event, events: Sequence[Event]) -> Event | None:
    """Returns, where the event is a test's name, the exception below it that the test failed with."""
    if not _TEST.match(event.quote):
        return None
    below = (other for other in events if event.row < other.row <= event.row + _KIN_ROWS)
    return next((other for other in below if other.raised), None)


def _cause(event: Event) -> str:
    return event.match.cause.id if event.match else ""
