"""One line that quotes the root cause, safe to post."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from bot.diagnosis.candidates import Candidate
from bot.diagnosis.parsing.platform import is_platform
from bot.diagnosis.ranking import Choice
from bot.diagnosis.rules.matcher import compile_pattern
from bot.diagnosis.rules.rule import Specificity
from bot.diagnosis.shortening import (
    between_words,
    first_sentence,
    short_addresses,
    shorten,
    truncate,
    whole_word,
    without_hints,
)
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
    r"^((?:\| |-> |\(from )?)(?:[A-Za-z_]\w*\.)+"
    r"(?!(?:Error|Exception|Unknown|Exit|Invalid)\b)(?=[A-Z]\w+(?::|$))"
)
#: What stands in brackets, whose colons wrap nothing.
_BRACKETED, _NESTED = re.compile(r"\([^()]*\)"), 4
#: Colons of a message whose parts wrap one another, at least.
_WRAPPED = 3
#: What introduces the error that a message was made of.
_CAME_OF = re.compile(
    r"\b(?:got (?=\w+(?:Error|Exception)\()|[Ll]ast (?:error|exception): |[Oo]riginal (?:error|exception): |"
    r"[Cc]aused by[:( ]|because (?!of\b)|[Rr]eason: |due to the following error: )"
)
#: A first sentence up to this length is kept whole; what is appended gets this much room at least, or none.
_SENTENCE, _APPENDED = 130, 30
#: What is appended gets this much room where the words of wrapping layers can go for it.
_WANTED = 90


def summary_of(choice: Choice) -> str:
    """Return the chosen event's text in one safe line of at most 200 characters that keeps what matched.

    Behind its message stands, where there is room, what the rest of its chain and the lines close to it say.
    """
    candidate = choice.candidate
    lead = _one_line(f"{candidate.quote} {candidate.more}" if candidate.more else candidate.quote)
    also = _unheard(lead, [f" {_one_line(said)}" for said in candidate.also])
    if len(lead) + sum(map(len, also)) <= LONGEST:
        return lead + "".join(also)
    lead, quote = shorten(lead, LONGEST), shorten(_one_line(candidate.quote), LONGEST)
    if len(lead) > LONGEST:
        lead = _shortened(choice, lead, quote)
    if also and LONGEST - len(lead) < min(len(also[0]), _WANTED):
        lead = without_hints(shorten(lead, LONGEST - _WANTED))
    for said in map(short_addresses, also):
        room = LONGEST - len(lead)
        if room >= min(len(said), _APPENDED):
            lead += truncate(f" {shorten(said, room - 1)}", room)
    return lead


def _unheard(lead: str, also: list[str]) -> list[str]:
    """Return what was said besides, without what the lead or an earlier one says word for word."""
    new: list[str] = []
    for said in also:
        words = said.strip(" |->")
        if words and not any(words in known for known in (lead, *new)):
            new.append(said)
    return new


def _shortened(choice: Choice, whole: str, quote: str) -> str:
    """Return what of a long message fits: its beginning, what was recognised, and its reason."""
    parts = _parts(choice, whole, len(quote))
    tells = len(quote) <= LONGEST and (not parts or parts[0].start < len(quote))
    sentence = first_sentence(quote)
    head = len(quote) if tells else sentence if sentence <= _SENTENCE else between_words(quote, _HEAD)
    inner = _inner(whole)
    if inner and inner[0].end > LONGEST and head + len(_GAP) + inner[0].end - inner[0].start > LONGEST:
        head = between_words(quote, _HEAD)
    return _cut(whole, head, [*parts[:1], *inner, *_reason(quote), *parts[1:]])


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the text to keep: from `start` to `end` (characters)."""

    start: int
    end: int


def _parts(choice: Choice, text: str, quoted: int) -> list[_Part]:
    """Return what was recognised, each to the end of its clause; those that caught a name come first."""
    patterns = (
        [compile_pattern(p) for p in choice.candidate.match.rule.patterns] if choice.candidate.match else []
    )
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
    clause = min(ends.start() if ends else len(text), whole_word(text, match.start() + _CLAUSE))
    end = max([clause, *_caught(match)])
    names = [match.start(name) for name in match.groupdict() if match.start(name) >= 0]
    start = match.start() if end - match.start() <= _STRETCH or not names else min(names)
    return _Part(start, end)


def _inner(text: str) -> list[_Part]:
    """Return what a long message says last of the error that it was made of."""
    found = list(_CAME_OF.finditer(text, _HEAD))
    return [_Part(found[-1].start(), whole_word(text, found[-1].start() + _CLAUSE))] if found else []


def _reason(quote: str) -> list[_Part]:
    """Return the last part of a message in which each wraps the next ("pull: get: 403"): it says why.

    Of a long one its beginning, as of 'Permission "a.b.c" denied on resource ...'.
    """
    if len(quote) <= LONGEST or _without_brackets(quote).count(": ") < _WRAPPED or "{" in quote:
        return []
    start = quote.rfind(": ") + 2
    longer = quote.rfind(": ", 0, start - 2) + 2
    start = longer if len(quote) - longer <= _TAIL else start
    return [_Part(start, len(quote) if len(quote) - start <= _TAIL else start + _CLAUSE)]


def _without_brackets(text: str) -> str:
    """Return the text without what stands in brackets, a few of which may stand in one another."""
    for _ in range(_NESTED):
        text = _BRACKETED.sub("", text)
    return text


def _cut(text: str, head: int, parts: list[_Part]) -> str:
    """Return the text's head and as many of the parts, in their order of worth, as there is room for."""
    if not any(part.end >= LONGEST for part in parts):
        return truncate(text, LONGEST)
    kept = [_Part(0, head)]
    for part in parts:
        known = any(text[part.start : part.end] in text[other.start : other.end] for other in kept)
        if not known and _room(trial := _joined([*kept, part])) >= 0:
            kept = trial
    for part in kept[:0:-1]:
        before = max(part.start - min(_BEFORE, _room(kept)), 0)
        kept = _joined([*kept, _Part(_word_at(text, before, part.start), part.end)])
    if kept[-1].end >= len(text):
        kept = _joined([_Part(0, between_words(text, kept[0].end + _room(kept))), *kept[1:]])
    last = _Part(kept[-1].start, min(len(text), kept[-1].end + _room(kept)))
    told = [text[part.start : part.end].strip() for part in kept[:-1]]
    return _GAP.join([*told, truncate(text[last.start :].strip(), last.end - last.start)])[:LONGEST]


def _word_at(text: str, start: int, end: int) -> int:
    """Return where the first whole word between the two begins, `end` if none does."""
    if start == 0 or text[start - 1] == " ":
        return start
    space = text.find(" ", start, end)
    return space if space >= 0 else end


def _joined(parts: list[_Part]) -> list[_Part]:
    """Return the parts from left to right, those that touch or nearly do as one."""
    joined: list[_Part] = []
    for part in sorted(parts, key=lambda part: part.start):
        if joined and part.start <= joined[-1].end + len(_GAP):
            joined[-1] = _Part(joined[-1].start, max(joined[-1].end, part.end))
        else:
            joined.append(part)
    return joined


def _room(parts: list[_Part]) -> int:
    return LONGEST - sum(part.end - part.start for part in parts) - len(_GAP) * (len(parts) - 1)


def _one_line(text: str) -> str:
    return _MODULES.sub(r"\1", re.sub(r"\s*[\r\n\t]\s*", " ", safe(text)).strip())


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


def with_related_lines(choice: Choice, candidates: Sequence[Candidate]) -> Choice:
    """Return the choice with what lines close to it say of the same cause, and right below of another."""
    candidate, match = choice.candidate, choice.candidate.match
    if match is None or match.rule.specificity < Specificity.GENERIC:
        return choice
    lead = [text for text in (candidate.quote, candidate.more) if text]
    also = [_only_the_rest(told, lead) for told in candidate.also]
    said = [*lead, *candidate.also]
    for other in _related_candidates(candidate, candidates):
        news = _news(other.quote, said)
        if news and not is_platform(other.quote):
            said.append(other.quote)
            also.append(f"{_BELOW}{news} {other.more}".rstrip())
    return replace(choice, candidate=replace(candidate, also=tuple(also[:_SAID])))


def _related_candidates(candidate: Candidate, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield the events that tell of the same: first those below the event, then those above it."""
    raised = _raised_by_test(candidate, candidates)
    for other in sorted(candidates, key=lambda other: other.row < candidate.row):
        near = candidate.row < other.row <= candidate.row + _KIN_ROWS or _led_to(other, candidate)
        if other is raised or (near and _rule_id(other) == _rule_id(candidate)) or _goes_on(candidate, other):
            yield other


def _only_the_rest(told: str, said: Sequence[str]) -> str:
    """Return a line below the event as it was told, or its end where it begins as the event does."""
    rest = _rest(told.removeprefix(_BELOW), said) if told.startswith(_BELOW) else ""
    return f"{_BELOW}{rest}" if rest else told


def _news(quote: str, said: Sequence[str]) -> str:
    """Return what a line says that was not said: nothing, its end, or all of it."""
    begins = _TAG.sub("", quote)[:60]
    lookup = any(begins in text or text[:60] in quote for text in said)
    return _rest(quote, said) if lookup else quote


def _rest(quote: str, said: Sequence[str]) -> str:
    """Return the end of a line of which only the beginning was said before."""
    alike = max((_alike(quote, text) for text in said), default=0)
    if alike < _ALIKE or any(quote in text for text in said):
        return ""
    start = quote.rfind(" ", 0, alike + 1) + 1
    rest = quote[start:]
    return f"\u2026 {rest}" if len(rest) >= _REST else ""


def _alike(one: str, other: str) -> int:
    """Return in how many characters two texts begin alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _goes_on(candidate: Candidate, other: Candidate) -> bool:
    """Return whether a line right below names what the platform's own words about the event do not."""
    match = other.match
    below = candidate.row < other.row <= candidate.row + _NEXT
    return (
        below and match is not None and match.rule.specificity >= Specificity.SPECIFIC and bool(match.parts)
    )


def _led_to(other: Candidate, candidate: Candidate) -> bool:
    """Return whether an error, or what names the thing that the event does not, stands shortly before it."""
    names = (
        other.match is not None
        and candidate.match is not None
        and other.match.parts
        and not candidate.match.parts
    )
    return candidate.row - _KIN_ROWS <= other.row < candidate.row and (
        other.weight >= _AN_ERROR or bool(names)
    )


def _raised_by_test(candidate: Candidate, candidates: Sequence[Candidate]) -> Candidate | None:
    """Return returns, where the event is a test's name, the exception below it that the test failed with."""
    if not _TEST.match(candidate.quote):
        return None
    below = (other for other in candidates if candidate.row < other.row <= candidate.row + _KIN_ROWS)
    return next((other for other in below if other.raised), None)


def _rule_id(candidate: Candidate) -> str:
    return candidate.match.rule.id if candidate.match else ""
