"""Turns the interesting rows of a log into events: what was said, how loudly, and which cause fits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.diagnosis.chains import retold
from bot.diagnosis.noise import harmless, loud
from bot.diagnosis.parsing.lines import Rows
from bot.diagnosis.parsing.platform import is_platform
from bot.diagnosis.parsing.prefixes import Level
from bot.diagnosis.parsing.tracebacks import Chain, Raised, from_another
from bot.diagnosis.rules import EXCEPTION
from bot.diagnosis.rules.matcher import Match, Table
from bot.diagnosis.rules.rule import Specificity
from bot.models.diagnosis import Source


@dataclass(frozen=True, slots=True)
class Event:
    """Something that went wrong at a row.

    `quote` is the text to show, `match` the cause that fits (None: none does) and `weight` how good an
    explanation it is by itself, from 0 to 100. `last` is the last row that belongs to it. `more` is what the
    message goes on with, `also` what else was said of it: by the rest of its chain, by lines close to it.
    `raised` says that it is an exception that nothing caught.
    """

    row: int
    quote: str
    match: Match | None
    weight: int
    last: int
    more: str = ""
    also: tuple[str, ...] = ()
    raised: bool = False


_OF_EXCEPTION = {
    Specificity.OWN: 82,
    Specificity.VERDICT: 84,
    Specificity.SPECIFIC: 80,
    Specificity.CLASS: 74,
    Specificity.GENERIC: 66,
    Specificity.SECONDARY: 42,
    Specificity.CONSEQUENCE: 14,
}
_OF_LINE = {
    Specificity.OWN: 78,
    Specificity.VERDICT: 90,
    Specificity.SPECIFIC: 76,
    Specificity.CLASS: 70,
    Specificity.GENERIC: 60,
    Specificity.SECONDARY: 40,
    Specificity.CONSEQUENCE: 10,
}
#: What a line loses that does not itself claim to be an error.
_UNPROVEN, _PLAIN, _WARNING, _INFO = 8, 18, 52, 62
#: What a platform's reason loses that names nothing ("TIMEOUT") to one that does.
_BARE = 4
_FOLLOWING = 2
#: How a line begins that advises, and one that goes on with why.
_ADVISES = re.compile(r"(?:remote: )?(?:Please|See|For more|Try|Use)\b|hint:|note:")
_REASON = re.compile(r"\W{0,6}(?:caused by|cause|reason|because)\b", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z]{3}")
_UNTRACED, _ASIDE, _BELOW, _WRAPPED, _UNMATCHED = 6, 14, 4, 10, 34
#: What an exception loses whose message only announces what stands below it ("Graph execution error:")
#: or sends its reader to the one before it.
_ANNOUNCES = 18
_POINTS_BACK = re.compile(
    r"^an? (?:unknown |unexpected )?(?:error|exception) (?:occurred|happened|was raised) "
    r"(?:while|during|in)\b|look (?:up|above) to see|"
    r"(?:for|see) the (?:original|underlying|actual|real|root) (?:\w+ )?"
    r"(?:error|exception|traceback|cause|failure)|"
    r"see (?:the )?(?:\w+ ){0,2}(?:error|exception|traceback|stack ?trace|output|log)s? "
    r"(?:above|before|for details)",
    re.IGNORECASE,
)
#: A client that gave up says so first and what it got last.
_GOT_LAST = "last exception: "
#: The line of a printed JSON answer that holds its sentence.
_FIELD = re.compile(
    r"""\s*(?:["'](?:message|error|reason|detail|msg)["']\s*:\s*["']|(?:-\ )?(?:message|description):\ )"""
    r"""(?P<said>.{8,}?)(?:["'],?)?\s*$"""
)
_FIELD_ROWS = 6
#: Another line of such an answer.
_KEYED = re.compile(r"""(?:-\ )?["']?@?[\w.]{2,40}["']?:(?:\ |$)""")
_NO_INDEX = re.compile(r"(?:Failed to fetch|GPG error:) \S+|Retrying \(Retry\(total=0,")
_NOTHING_FOUND = re.compile(r"\bE: [A-Z]|No matching distribution found")
_INSTALL_ROWS = 40


def line_event(rows: Rows, row: int, table: Table, source: Source) -> Event | None:
    """Return the event of a row outside all tracebacks, or None if it says nothing of the kind."""
    clean = rows.clean(row)
    text = clean.text.strip()
    if not _WORDS.search(text) or harmless(text):
        return None
    match = table.match(text, exception="", source=source)
    if clean.quote != clean.text and (match is None or match.cause.strength is Specificity.CONSEQUENCE):
        match = table.match(clean.quote.strip(), exception="", source=source) or match
    blamed = clean.level is Level.WARNING and _left_without_index(rows, row)
    answer = _FIELD.match(clean.quote)
    shouted = (
        blamed or loud(clean) or boxed_error(rows, row) or (answer is not None and _in_an_error(rows, row))
    )
    if match is None and (not shouted or is_platform(text)):
        return None
    strength = match.cause.strength if match else None
    weight = _OF_LINE[strength] if strength is not None else _UNMATCHED
    if clean.level is Level.WARNING and not blamed:
        weight -= _WARNING
    elif clean.level is Level.INFO:
        weight -= _INFO
    elif not shouted:
        weight -= _UNPROVEN if strength is Specificity.VERDICT else _PLAIN
    if strength is Specificity.VERDICT and match is not None and not match.parts:
        weight -= _BARE
    rest = _rest(rows, row)
    told = next((found["said"] for line in rest if (found := _FIELD.match(line))), "") if not answer else ""
    quote = " ".join([told, answer["said"] if answer else clean.quote.strip(), *rest]).strip()
    below = tuple(f" | {said}" for said in _following(rows, row) if _explains(said, table, source))
    if clean.text.endswith(":"):
        return Event(row, quote, match, max(weight, 1), row, " ".join(said[3:] for said in below))
    return Event(row, quote, match, max(weight, 1), row, also=below)


def _explains(text: str, table: Table, source: Source) -> bool:
    """Return whether a line says more than that something failed."""
    if _ADVISES.match(text):
        return False
    match = table.match(text, exception="", source=source)
    return not from_another(text) and (match is None or match.cause.strength > Specificity.SECONDARY)


def _in_an_error(rows: Rows, row: int) -> bool:
    """Return whether a field of a printed answer stands shortly below the word "error"."""
    return any("error" in text[:400].lower() for text in rows.raw[max(0, row - _FIELD_ROWS) : row])


def _left_without_index(rows: Rows, row: int) -> bool:
    """Return whether a warning was the error: an installer without its index finds no package soon after."""
    if not _NO_INDEX.match(rows.clean(row).text):
        return False
    return any(_NOTHING_FOUND.search(text[:200]) for text in rows.raw[row + 1 : row + _INSTALL_ROWS])


def _rest(rows: Rows, row: int) -> list[str]:
    """Return what else the same entry says below the row."""
    below = range(row + 1, min(len(rows), row + 8))
    return [rows.clean(at).text.strip() for at in below if rows.entry[at] == rows.entry[row]]


def _following(rows: Rows, row: int) -> list[str]:
    """Return what follows the row's entry at once, two rows at most: errors, or what its colon announces."""
    announced = rows.clean(row).text.endswith(":")
    said: list[str] = []
    for below in range(row + 1, min(len(rows), row + 8)):
        clean = rows.clean(below)
        if rows.entry[below] == rows.entry[row]:
            continue
        text = clean.text.strip()
        if (field := _FIELD.match(clean.quote)) is not None and len(said) < _FOLLOWING:
            said.append(field["said"])
            continue
        if _KEYED.match(text) and not loud(clean):
            continue
        speaks = (
            loud(clean)
            or _REASON.match(text)
            or (announced and text and (not said or clean.text[:1].isspace()))
        )
        if len(said) >= _FOLLOWING or is_platform(text) or not speaks or harmless(text):
            break
        said.append(text)
    return said


def _of_raised(one: Raised, table: Table, source: Source, penalty: int) -> Event:
    head = f"{one.name}: {one.text}" if one.text else one.name
    more = " ".join(one.more)
    got = one.text.rpartition(_GOT_LAST)[2]
    match = table.match(got, exception=one.name, source=source, where=one.where) if got != one.text else None
    match = match or table.match(head, exception=one.name, source=source, where=one.where)
    if more and (match is None or match.cause.strength < Specificity.SPECIFIC):
        wider = table.match(f"{head} {more}", exception=one.name, source=source, where=one.where)
        least = match.cause.strength if match else Specificity.CONSEQUENCE
        if wider is not None and wider.cause.strength > least:
            penalty += _BELOW if match is None or least > Specificity.CONSEQUENCE else _WRAPPED
            match = wider
    if match is None:
        match = Match(EXCEPTION, 0, len(head), ())
    announces = one.text.endswith(":") and not more and match.cause.strength < Specificity.SPECIFIC
    if announces or _POINTS_BACK.search(one.text):
        penalty += _ANNOUNCES
    weight = _OF_EXCEPTION[match.cause.strength] - penalty
    return Event(one.said, head, match, weight, one.row + len(one.more), more)


def chain_event(chain: Chain, table: Table, source: Source) -> Event | None:
    """Return the event of the exception in a chain that best names what to change; None if it is ignored."""
    if chain.ignored:
        return None
    traced = any(one.traced for one in chain.raised)
    penalty = (0 if traced else _UNTRACED) + (_ASIDE if chain.aside else 0)
    events = [_of_raised(one, table, source, penalty) for one in chain.raised]
    best = len(events) - 1
    for at in range(len(events) - 2, -1, -1):
        if _names_more(events[at], events[best], direct=all(chain.direct[at:best])):
            best = at
    telling = [event.quote if event.weight > _OF_EXCEPTION[Specificity.SECONDARY] else "" for event in events]
    telling[best] = events[best].quote
    also = retold(telling, best, chain.direct)
    return replace(events[best], also=also, raised=traced and not chain.aside)


def _names_more(inner: Event, outer: Event, *, direct: bool) -> bool:
    """Return whether the earlier exception explains more than the later one that came of it."""
    same = inner.match and outer.match and inner.match.cause.category == outer.match.cause.category
    if direct and same and inner.quote.endswith(":") and outer.weight >= _OF_EXCEPTION[Specificity.CLASS]:
        return False
    if inner.weight != outer.weight:
        return inner.weight > outer.weight
    if same and inner.match and outer.match and inner.match.parts and not outer.match.parts:
        return True
    return not direct and not same and outer.weight < _OF_EXCEPTION[Specificity.SPECIFIC] - _BELOW


def line_events(rows: Rows, hits: Iterable[int], used: set[int], table: Table, source: Source) -> list[Event]:
    """Return the events of the hits that no traceback used; equal lines are looked up once."""
    events: list[Event] = []
    silent: set[str] = set()
    for row in hits:
        text = rows.clean(row).text
        if row in used or text in silent:
            continue
        event = line_event(rows, row, table, source)
        if event is None:
            silent.add(text)
        else:
            events.append(event)
    return events


_TOP = re.compile(r"[\u256d\u250c\u250f]\S{0,4} .{0,40}\b(?:error|failed|failure|fatal)", re.IGNORECASE)
_SIDE = re.compile("[\u2502\u2503]")
_ROWS = 8


def boxed_error(rows: Rows, row: int) -> bool:
    """Return whether a row stands in a box whose upper edge says "Error", as click and typer draw one."""
    for at in range(row, max(-1, row - _ROWS), -1):
        if _TOP.match(rows.clean(at).text.lstrip()):
            return at < row
        if not _SIDE.search(rows.raw[at]):
            return False
    return False
