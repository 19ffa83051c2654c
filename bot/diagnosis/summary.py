"""Builds the one-line summary that quotes the root cause."""

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
    first_sentence,
    shorten,
    shorten_urls,
    truncate,
    without_hints,
    word_boundary,
    word_end,
)
from bot.redaction import safe

#: Maximum length of a summary (characters).
MAX_LENGTH = 200
_HEAD_LENGTH, _TAIL_LENGTH = 56, 70
_CONTEXT_LENGTH = 24
_CLAUSE_LENGTH, _MAX_PART = 90, 130
_GAP = " … "
_CLAUSE_ENDS = re.compile(r"[.?!;](?= |$)| \| ")
#: The modules before an exception class; generic class names keep them.
_MODULES = re.compile(
    r"^((?:\| |-> |\(from )?)(?:[A-Za-z_]\w*\.)+"
    r"(?!(?:Error|Exception|Unknown|Exit|Invalid)\b)(?=[A-Z]\w+(?::|$))"
)
#: Parenthesised text; colons in it do not count as nesting.
_PARENTHESISED, _MAX_NESTING = re.compile(r"\([^()]*\)"), 4
#: Minimum number of colons in a message of nested causes.
_MIN_COLONS = 3
#: Text that introduces a quoted inner error.
_INNER_ERROR = re.compile(
    r"\b(?:got (?=\w+(?:Error|Exception)\()|[Ll]ast (?:error|exception): |[Oo]riginal (?:error|exception): |"
    r"[Cc]aused by[:( ]|because (?!of\b)|[Rr]eason: |due to the following error: )"
)
#: A first sentence up to this length is kept whole. Minimum room for appended text.
_MAX_SENTENCE, _MIN_APPENDED = 130, 30
#: Room for appended text if wrapping layers can be shortened for it.
_WANTED_APPENDED = 90


def summary_of(choice: Choice) -> str:
    """Return the chosen candidate's text in one redacted line of at most 200 characters.

    What the rule matched is always kept. If there is room, texts from the exception chain and nearby lines
    are appended.
    """
    candidate = choice.candidate
    lead = _one_line(
        f"{candidate.quote} {candidate.continuation}" if candidate.continuation else candidate.quote
    )
    related = _without_repeats(lead, [f" {_one_line(text)}" for text in candidate.related])
    if len(lead) + sum(map(len, related)) <= MAX_LENGTH:
        return lead + "".join(related)
    lead, quote = shorten(lead, MAX_LENGTH), shorten(_one_line(candidate.quote), MAX_LENGTH)
    if len(lead) > MAX_LENGTH:
        lead = _excerpt(choice, lead, quote)
    if related and MAX_LENGTH - len(lead) < min(len(related[0]), _WANTED_APPENDED):
        lead = without_hints(shorten(lead, MAX_LENGTH - _WANTED_APPENDED))
    for text in map(shorten_urls, related):
        room = MAX_LENGTH - len(lead)
        if room >= min(len(text), _MIN_APPENDED):
            lead += truncate(f" {shorten(text, room - 1)}", room)
    return lead


def _without_repeats(lead: str, related: list[str]) -> list[str]:
    """Return the related texts that neither the lead nor an earlier one contains."""
    kept: list[str] = []
    for text in related:
        words = text.strip(" |->")
        if words and not any(words in known for known in (lead, *kept)):
            kept.append(text)
    return kept


def _excerpt(choice: Choice, whole: str, quote: str) -> str:
    """Return the parts of a long message that fit: its beginning, what the rule matched, and its reason."""
    parts = _matched_parts(choice, whole, len(quote))
    keeps_quote = len(quote) <= MAX_LENGTH and (not parts or parts[0].start < len(quote))
    sentence = first_sentence(quote)
    head = (
        len(quote)
        if keeps_quote
        else sentence
        if sentence <= _MAX_SENTENCE
        else word_boundary(quote, _HEAD_LENGTH)
    )
    inner = _inner_error(whole)
    if inner and inner[0].end > MAX_LENGTH and head + len(_GAP) + inner[0].end - inner[0].start > MAX_LENGTH:
        head = word_boundary(quote, _HEAD_LENGTH)
    return _join_parts(whole, head, [*parts[:1], *inner, *_reason(quote), *parts[1:]])


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the text to keep: from `start` to `end` (characters)."""

    start: int
    end: int


def _matched_parts(choice: Choice, text: str, quote_length: int) -> list[_Part]:
    """Return what the rule matched, each up to the end of its clause; parts with named groups first."""
    patterns = (
        [compile_pattern(p) for p in choice.candidate.match.rule.patterns] if choice.candidate.match else []
    )
    parts: list[_Part] = []
    for begin, end in ((0, quote_length), (quote_length, len(text))):
        found = [m for pattern in patterns if (m := pattern.search(text, begin, end)) is not None]
        parts += [_part(match, text) for match in sorted(found, key=_part_order)]
    return parts


def _part_order(match: re.Match[str]) -> tuple[bool, int]:
    return not _group_ends(match), match.start()


def _group_ends(match: re.Match[str]) -> list[int]:
    return [match.end(name) for name in match.groupdict() if match.end(name) > 0]


def _part(match: re.Match[str], text: str) -> _Part:
    ends = _CLAUSE_ENDS.search(text, match.start() + 1)
    clause = min(ends.start() if ends else len(text), word_end(text, match.start() + _CLAUSE_LENGTH))
    end = max([clause, *_group_ends(match)])
    names = [match.start(name) for name in match.groupdict() if match.start(name) >= 0]
    start = match.start() if end - match.start() <= _MAX_PART or not names else min(names)
    return _Part(start, end)


def _inner_error(text: str) -> list[_Part]:
    """Return the last inner error that a long message quotes, as a list of at most one part."""
    found = list(_INNER_ERROR.finditer(text, _HEAD_LENGTH))
    return [_Part(found[-1].start(), word_end(text, found[-1].start() + _CLAUSE_LENGTH))] if found else []


def _reason(quote: str) -> list[_Part]:
    """Return the last part of a message of nested causes ("pull: get: 403"): it holds the reason.

    A long last part is cut to its beginning.
    """
    if len(quote) <= MAX_LENGTH or _without_parentheses(quote).count(": ") < _MIN_COLONS or "{" in quote:
        return []
    start = quote.rfind(": ") + 2
    longer = quote.rfind(": ", 0, start - 2) + 2
    start = longer if len(quote) - longer <= _TAIL_LENGTH else start
    return [_Part(start, len(quote) if len(quote) - start <= _TAIL_LENGTH else start + _CLAUSE_LENGTH)]


def _without_parentheses(text: str) -> str:
    """Return the text without parenthesised parts, up to four levels deep."""
    for _ in range(_MAX_NESTING):
        text = _PARENTHESISED.sub("", text)
    return text


def _join_parts(text: str, head: int, parts: list[_Part]) -> str:
    """Return the text's head and as many parts as fit; earlier parts have priority."""
    if not any(part.end >= MAX_LENGTH for part in parts):
        return truncate(text, MAX_LENGTH)
    kept = [_Part(0, head)]
    for part in parts:
        known = any(text[part.start : part.end] in text[other.start : other.end] for other in kept)
        if not known and _free_length(trial := _merge_parts([*kept, part])) >= 0:
            kept = trial
    for part in kept[:0:-1]:
        before = max(part.start - min(_CONTEXT_LENGTH, _free_length(kept)), 0)
        kept = _merge_parts([*kept, _Part(_word_start(text, before, part.start), part.end)])
    if kept[-1].end >= len(text):
        kept = _merge_parts([_Part(0, word_boundary(text, kept[0].end + _free_length(kept))), *kept[1:]])
    last = _Part(kept[-1].start, min(len(text), kept[-1].end + _free_length(kept)))
    texts = [text[part.start : part.end].strip() for part in kept[:-1]]
    return _GAP.join([*texts, truncate(text[last.start :].strip(), last.end - last.start)])[:MAX_LENGTH]


def _word_start(text: str, start: int, end: int) -> int:
    """Return the start of the first whole word between two positions, or `end`."""
    if start == 0 or text[start - 1] == " ":
        return start
    space = text.find(" ", start, end)
    return space if space >= 0 else end


def _merge_parts(parts: list[_Part]) -> list[_Part]:
    """Return the parts from left to right; parts that touch or nearly touch are merged."""
    joined: list[_Part] = []
    for part in sorted(parts, key=lambda part: part.start):
        if joined and part.start <= joined[-1].end + len(_GAP):
            joined[-1] = _Part(joined[-1].start, max(joined[-1].end, part.end))
        else:
            joined.append(part)
    return joined


def _free_length(parts: list[_Part]) -> int:
    return MAX_LENGTH - sum(part.end - part.start for part in parts) - len(_GAP) * (len(parts) - 1)


def _one_line(text: str) -> str:
    return _MODULES.sub(r"\1", re.sub(r"\s*[\r\n\t]\s*", " ", safe(text)).strip())


_LABEL = re.compile(r"^\[[^\]]{1,40}\]:? |^\w+: ")
_TEST_FAILURE = re.compile(r"FAIL: |ERROR: test|--- FAIL: ")
_RELATED_ROWS, _MIN_WEIGHT, _MAX_RELATED = 60, 70, 6
#: Separator before an appended line.
_SEPARATOR = " | "
#: Rows below the choice in which a different cause that names an object belongs to it.
_ADJACENT_ROWS = 3
#: Minimum length of a common prefix that is left out of the second line, and minimum length of its rest.
_MIN_COMMON_PREFIX = 40
_MIN_REST = 20


def with_related_lines(choice: Choice, candidates: Sequence[Candidate]) -> Choice:
    """Return the choice with nearby lines about the same cause, or adjacent ones about another."""
    candidate, match = choice.candidate, choice.candidate.match
    if match is None or match.rule.specificity < Specificity.GENERIC:
        return choice
    lead = [text for text in (candidate.quote, candidate.continuation) if text]
    related = [_without_common_prefix(text, lead) for text in candidate.related]
    known_texts = [*lead, *candidate.related]
    for other in _related_candidates(candidate, candidates):
        new_text = _new_text(other.quote, known_texts)
        if new_text and not is_platform(other.quote):
            known_texts.append(other.quote)
            related.append(f"{_SEPARATOR}{new_text} {other.continuation}".rstrip())
    return replace(choice, candidate=replace(candidate, related=tuple(related[:_MAX_RELATED])))


def _related_candidates(candidate: Candidate, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield the candidates about the same failure: first those below, then those above."""
    raised = _test_exception(candidate, candidates)
    for other in sorted(candidates, key=lambda other: other.row < candidate.row):
        nearby = candidate.row < other.row <= candidate.row + _RELATED_ROWS or _precedes_as_cause(
            other, candidate
        )
        if (
            other is raised
            or (nearby and _rule_id(other) == _rule_id(candidate))
            or _is_specified_by(candidate, other)
        ):
            yield other


def _without_common_prefix(text: str, known_texts: Sequence[str]) -> str:
    """Return a line from below the candidate, without the beginning that both share."""
    rest = _unsaid_rest(text.removeprefix(_SEPARATOR), known_texts) if text.startswith(_SEPARATOR) else ""
    return f"{_SEPARATOR}{rest}" if rest else text


def _new_text(quote: str, known_texts: Sequence[str]) -> str:
    """Return the part of a line that is new: nothing, its end, or all of it."""
    begins = _LABEL.sub("", quote)[:60]
    known = any(begins in text or text[:60] in quote for text in known_texts)
    return _unsaid_rest(quote, known_texts) if known else quote


def _unsaid_rest(quote: str, known_texts: Sequence[str]) -> str:
    """Return the end of a line that begins like one of the texts, or ""."""
    common = max((_common_prefix(quote, text) for text in known_texts), default=0)
    if common < _MIN_COMMON_PREFIX or any(quote in text for text in known_texts):
        return ""
    start = quote.rfind(" ", 0, common + 1) + 1
    rest = quote[start:]
    return f"\u2026 {rest}" if len(rest) >= _MIN_REST else ""


def _common_prefix(one: str, other: str) -> int:
    """Return the length of the common prefix of two texts."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _is_specified_by(candidate: Candidate, other: Candidate) -> bool:
    """Return whether a line right below names an object that the candidate does not."""
    match = other.match
    below = candidate.row < other.row <= candidate.row + _ADJACENT_ROWS
    return (
        below and match is not None and match.rule.specificity >= Specificity.SPECIFIC and bool(match.parts)
    )


def _precedes_as_cause(other: Candidate, candidate: Candidate) -> bool:
    """Return whether the other candidate is shortly above and is an error or names the object."""
    names = (
        other.match is not None
        and candidate.match is not None
        and other.match.parts
        and not candidate.match.parts
    )
    return candidate.row - _RELATED_ROWS <= other.row < candidate.row and (
        other.weight >= _MIN_WEIGHT or bool(names)
    )


def _test_exception(candidate: Candidate, candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the exception of a failed test if the candidate is its name, else None."""
    if not _TEST_FAILURE.match(candidate.quote):
        return None
    below = (other for other in candidates if candidate.row < other.row <= candidate.row + _RELATED_ROWS)
    return next((other for other in below if other.raised), None)


def _rule_id(candidate: Candidate) -> str:
    return candidate.match.rule.id if candidate.match else ""
