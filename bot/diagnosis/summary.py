"""One line that quotes the root cause, safe to post."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.diagnosis.choose import Choice
from bot.diagnosis.table import compiled
from bot.redaction import safe

#: Characters of a summary, at most.
LONGEST = 200
_HEAD, _TAIL = 56, 70
_BEFORE = 24
_CLAUSE, _STRETCH = 90, 130
_GAP = " … "
_CLAUSE_ENDS = re.compile(r"[.?!;](?= |$)| \| ")
#: The modules before an exception's class; a class that says nothing without them keeps them.
_MODULES = re.compile(
    r"^(?:[A-Za-z_]\w*\.)+(?!(?:Error|Exception|Unknown|Exit|Invalid)\b)(?=[A-Z]\w+(?::|$))"
)
_URL = re.compile(r"(https?://[^/\s'\"|>]{1,80}/)[^\s'\"|>]{30,}")
_BODY = re.compile(r"\{\s*\"(?:error|code)\":.{0,80}?\"message\": ?\"((?:[^\"\\]|\\.){5,600})\".*")
_EMPTY = re.compile(
    r"(?:failed to (?:build|solve|execute command|create (?:containerd |shim )?task(?: for container)?)|"
    r"(?:OCI runtime|runc) create failed|error building (?:image|stage)): (?=\w)"
)
#: A sentence that tells what to do: the advice does that.
_HINT = re.compile(
    r"(?<=[.!)]) (?:Please|See|For (?:more|further)|If you|Try|Consider|Make sure|You (?:can|may)|"
    r"To (?:fix|change|learn|see))"
    r" [^.]{0,160}(?:\.\S[^.]{0,160}){0,4}\.?(?= |$)"
)
#: Colons of a message whose parts wrap one another, at least.
_WRAPPED = 3


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
    parts = _parts(choice, whole, len(quote))
    tells = len(quote) <= LONGEST and (not parts or parts[0].start < len(quote))
    head = len(quote) if tells else len(quote[:_HEAD].rsplit(" ", 1)[0])
    return _cut(whole, head, [*parts[:1], *_reason(quote), *parts[1:]])


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the text to keep: from `start` to `end` (characters)."""

    start: int
    end: int


def _parts(choice: Choice, text: str, quoted: int) -> list[_Part]:
    """Returns what was recognised, each to the end of its clause; those that caught a name come first."""
    patterns = [compiled(p) for p in choice.event.match.cause.patterns] if choice.event.match else []
    parts: list[_Part] = []
    for begin, end in ((0, quoted), (quoted, len(text))):
        found = [m for pattern in patterns if (m := pattern.search(text, begin, end)) is not None]
        parts += [_part(match, text) for match in sorted(found, key=_order)]
    return parts


def _order(match: re.Match[str]) -> tuple[bool, int]:
    return not _caught(match), match.start()


def _caught(match: re.Match[str]) -> list[int]:
    return [match.end(name) for name in match.groupdict() if match.end(name) > 0]


def _part(match: re.Match[str], text: str) -> _Part:
    ends = _CLAUSE_ENDS.search(text, match.start() + 1)
    clause = min(ends.start() if ends else len(text), match.start() + _CLAUSE)
    end = max([min(clause, len(text)), *_caught(match)])
    names = [match.start(name) for name in match.groupdict() if match.start(name) >= 0]
    start = match.start() if end - match.start() <= _STRETCH or not names else min(names)
    return _Part(start, end)


def _reason(quote: str) -> list[_Part]:
    """Returns the last part of a message in which each wraps the next ("pull: get: 403"): it says why."""
    if len(quote) <= LONGEST or quote.count(": ") < _WRAPPED or "{" in quote:
        return []
    start = quote.rfind(": ") + 2
    longer = quote.rfind(": ", 0, start - 2) + 2
    start = longer if len(quote) - longer <= _TAIL else start
    return [_Part(start, len(quote))] if len(quote) - start <= _TAIL else []


def _cut(text: str, head: int, parts: list[_Part]) -> str:
    """Returns the text's head and as many of the parts, in their order of worth, as there is room for."""
    if not any(part.end >= LONGEST for part in parts):
        return text[: LONGEST - 1].rstrip() + "…"
    kept = [_Part(0, head)]
    for part in parts:
        if _room(trial := _joined([*kept, part])) >= 0:
            kept = trial
    for part in kept[:0:-1]:
        before = max(part.start - min(_BEFORE, _room(kept)), 0)
        kept = _joined([*kept, _Part(_word_at(text, before, part.start), part.end)])
    kept = _joined([*kept, _Part(kept[-1].start, min(len(text), kept[-1].end + _room(kept)))])
    return _GAP.join(text[part.start : part.end].strip() for part in kept)[:LONGEST]


def _word_at(text: str, start: int, end: int) -> int:
    """Returns where the first whole word between the two begins, `end` if none does."""
    if start == 0 or text[start - 1] == " ":
        return start
    space = text.find(" ", start, end)
    return space if space >= 0 else end


def _joined(parts: list[_Part]) -> list[_Part]:
    """Returns the parts from left to right, those that touch or nearly do as one."""
    joined: list[_Part] = []
    for part in sorted(parts, key=lambda part: part.start):
        if joined and part.start <= joined[-1].end + len(_GAP):
            joined[-1] = _Part(joined[-1].start, max(joined[-1].end, part.end))
        else:
            joined.append(part)
    return joined


def _room(parts: list[_Part]) -> int:
    return LONGEST - sum(part.end - part.start for part in parts) - len(_GAP) * (len(parts) - 1)


def _terse(text: str) -> str:
    """Returns the text without what explains nothing: paths of addresses, JSON around a message, steps."""
    text = _BODY.sub(lambda body: " " + body[1].replace('\\"', '"'), text)
    text = _EMPTY.sub("", _URL.sub(r"\1…", text))
    return text if len(text) <= LONGEST else _HINT.sub("", text)


def _one_line(text: str) -> str:
    return _MODULES.sub("", re.sub(r"\s*[\r\n\t]\s*", " ", safe(text)).strip())
