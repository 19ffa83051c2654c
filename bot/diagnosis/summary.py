"""One line that quotes the root cause, safe to post."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.diagnosis.choose import Choice
from bot.diagnosis.table import compiled
from bot.redaction import safe

#: Characters of a summary, at most.
LONGEST = 200
_HEAD = 56
_BEFORE = 24
_CLAUSE = 90
_CLAUSE_ENDS = re.compile(r"[.?!;](?= |$)| \| ")
_URL = re.compile(r"(https?://[^/\s'\"|>]{1,80}/)[^\s'\"|>]{30,}")
_BODY = re.compile(r"\{\s*\"(?:error|code)\":.{0,80}?\"message\": ?\"((?:[^\"\\]|\\.){5,600})\".*")
_EMPTY = re.compile(
    r"(?:failed to (?:build|solve|execute command|create (?:containerd |shim )?task(?: for container)?)|"
    r"(?:OCI runtime|runc) create failed|error building (?:image|stage)): (?=\w)"
)
#: What keeping a part is worth: one that caught a name, and any other.
_NAMES, _ANY = 3, 1


def summary_of(choice: Choice) -> str:
    """Returns the chosen event's text in one safe line of at most 200 characters that keeps what matched."""
    event = choice.event
    quote = _one_line(event.quote)
    whole = _one_line(f"{event.quote} {event.more}" if event.more else event.quote)
    if len(whole) <= LONGEST:
        return whole
    whole, quote = _terse(whole), _terse(quote)
    if len(whole) <= LONGEST:
        return whole
    return _cut(whole, _parts(choice, whole, len(quote)))


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the text that was recognised, to the end of its clause; `worth` what keeping it is worth."""

    start: int
    end: int
    worth: int


def _parts(choice: Choice, text: str, quoted: int) -> list[_Part]:
    """Returns what must be kept: the parts that matched; those that caught a name come first."""
    patterns = [compiled(p) for p in choice.event.match.cause.patterns] if choice.event.match else []
    for end in (quoted, len(text)):
        found = [m for pattern in patterns if (m := pattern.search(text, 0, end)) is not None]
        if found:
            return [_part(match, text) for match in found]
    return []


def _part(match: re.Match[str], text: str) -> _Part:
    caught = [match.end(name) for name in match.groupdict() if match.end(name) > 0]
    ends = _CLAUSE_ENDS.search(text, match.start() + 1)
    clause = min(ends.start() if ends else len(text), match.start() + _CLAUSE)
    return _Part(match.start(), max([min(clause, len(text)), *caught]), _NAMES if caught else _ANY)


def _cut(text: str, parts: list[_Part]) -> str:
    """Returns the beginning of the text, or its head and the stretch that keeps more of the parts."""
    head = text[:_HEAD].rsplit(" ", 1)[0]
    room = LONGEST - len(head) - 3
    stretches = [max(len(head), min(part.start - _BEFORE, len(text) - room)) for part in parts]
    best, worth = -1, _kept(parts, 0, LONGEST - 1)
    for begin in stretches:
        kept = _kept(parts, begin, begin + room)
        if kept > worth:
            best, worth = begin, kept
    if best < 0:
        return text[: LONGEST - 1].rstrip() + "…"
    return f"{head} … {text[best : best + room].strip()}"[:LONGEST]


def _kept(parts: list[_Part], begin: int, end: int) -> int:
    return sum(part.worth for part in parts if begin <= part.start and part.end <= end)


def _terse(text: str) -> str:
    """Returns the text without what explains nothing: paths of addresses, JSON around a message, steps."""
    text = _BODY.sub(lambda body: " " + body[1].replace('\\"', '"'), text)
    return _EMPTY.sub("", _URL.sub(r"\1…", text))


def _one_line(text: str) -> str:
    return re.sub(r"\s*[\r\n\t]\s*", " ", safe(text)).strip()
