"""Turns the interesting rows of a log into events: what was said, how loudly, and which cause fits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.diagnosis.chains import chain_summary
from bot.diagnosis.noise import claims_error, is_harmless
from bot.diagnosis.parsing.lines import LogLines
from bot.diagnosis.parsing.platform import is_platform
from bot.diagnosis.parsing.prefixes import Level
from bot.diagnosis.parsing.tracebacks import Chain, Raised, from_another
from bot.diagnosis.rules import EXCEPTION
from bot.diagnosis.rules.matcher import Match, RuleMatcher
from bot.diagnosis.rules.rule import Specificity
from bot.models.diagnosis import Source


@dataclass(frozen=True, slots=True)
class Candidate:
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


def line_candidate(rows: LogLines, row: int, matcher: RuleMatcher, source: Source) -> Candidate | None:
    """Return the event of a row outside all tracebacks, or None if it says nothing of the kind."""
    parsed = rows.parsed(row)
    text = parsed.text.strip()
    if not _WORDS.search(text) or is_harmless(text):
        return None
    match = matcher.match(text, exception="", source=source)
    if parsed.quote != parsed.text and (match is None or match.rule.specificity is Specificity.CONSEQUENCE):
        match = matcher.match(parsed.quote.strip(), exception="", source=source) or match
    blamed = parsed.level is Level.WARNING and _left_without_index(rows, row)
    answer = _FIELD.match(parsed.quote)
    shouted = (
        blamed
        or claims_error(parsed)
        or boxed_error(rows, row)
        or (answer is not None and _in_an_error(rows, row))
    )
    if match is None and (not shouted or is_platform(text)):
        return None
    specificity = match.rule.specificity if match else None
    weight = _OF_LINE[specificity] if specificity is not None else _UNMATCHED
    if parsed.level is Level.WARNING and not blamed:
        weight -= _WARNING
    elif parsed.level is Level.INFO:
        weight -= _INFO
    elif not shouted:
        weight -= _UNPROVEN if specificity is Specificity.VERDICT else _PLAIN
    if specificity is Specificity.VERDICT and match is not None and not match.parts:
        weight -= _BARE
    rest = _rest(rows, row)
    told = next((found["said"] for line in rest if (found := _FIELD.match(line))), "") if not answer else ""
    quote = " ".join([told, answer["said"] if answer else parsed.quote.strip(), *rest]).strip()
    below = tuple(f" | {said}" for said in _following(rows, row) if _explains(said, matcher, source))
    if parsed.text.endswith(":"):
        return Candidate(row, quote, match, max(weight, 1), row, " ".join(said[3:] for said in below))
    return Candidate(row, quote, match, max(weight, 1), row, also=below)


def _explains(text: str, matcher: RuleMatcher, source: Source) -> bool:
    """Return whether a line says more than that something failed."""
    if _ADVISES.match(text):
        return False
    match = matcher.match(text, exception="", source=source)
    return not from_another(text) and (match is None or match.rule.specificity > Specificity.SECONDARY)


def _in_an_error(rows: LogLines, row: int) -> bool:
    """Return whether a field of a printed answer stands shortly below the word "error"."""
    return any("error" in text[:400].lower() for text in rows.raw[max(0, row - _FIELD_ROWS) : row])


def _left_without_index(rows: LogLines, row: int) -> bool:
    """Return whether a warning was the error: an installer without its index finds no package soon after."""
    if not _NO_INDEX.match(rows.parsed(row).text):
        return False
    return any(_NOTHING_FOUND.search(text[:200]) for text in rows.raw[row + 1 : row + _INSTALL_ROWS])


def _rest(rows: LogLines, row: int) -> list[str]:
    """Return what else the same entry says below the row."""
    below = range(row + 1, min(len(rows), row + 8))
    return [rows.parsed(at).text.strip() for at in below if rows.entry[at] == rows.entry[row]]


def _following(rows: LogLines, row: int) -> list[str]:
    """Return what follows the row's entry at once, two rows at most: errors, or what its colon announces."""
    announced = rows.parsed(row).text.endswith(":")
    said: list[str] = []
    for below in range(row + 1, min(len(rows), row + 8)):
        parsed = rows.parsed(below)
        if rows.entry[below] == rows.entry[row]:
            continue
        text = parsed.text.strip()
        if (field := _FIELD.match(parsed.quote)) is not None and len(said) < _FOLLOWING:
            said.append(field["said"])
            continue
        if _KEYED.match(text) and not claims_error(parsed):
            continue
        speaks = (
            claims_error(parsed)
            or _REASON.match(text)
            or (announced and text and (not said or parsed.text[:1].isspace()))
        )
        if len(said) >= _FOLLOWING or is_platform(text) or not speaks or is_harmless(text):
            break
        said.append(text)
    return said


def _of_raised(one: Raised, matcher: RuleMatcher, source: Source, penalty: int) -> Candidate:
    head = f"{one.name}: {one.text}" if one.text else one.name
    more = " ".join(one.more)
    got = one.text.rpartition(_GOT_LAST)[2]
    match = (
        matcher.match(got, exception=one.name, source=source, where=one.where) if got != one.text else None
    )
    match = match or matcher.match(head, exception=one.name, source=source, where=one.where)
    if more and (match is None or match.rule.specificity < Specificity.SPECIFIC):
        wider = matcher.match(f"{head} {more}", exception=one.name, source=source, where=one.where)
        least = match.rule.specificity if match else Specificity.CONSEQUENCE
        if wider is not None and wider.rule.specificity > least:
            penalty += _BELOW if match is None or least > Specificity.CONSEQUENCE else _WRAPPED
            match = wider
    if match is None:
        match = Match(EXCEPTION, 0, len(head), ())
    announces = one.text.endswith(":") and not more and match.rule.specificity < Specificity.SPECIFIC
    if announces or _POINTS_BACK.search(one.text):
        penalty += _ANNOUNCES
    weight = _OF_EXCEPTION[match.rule.specificity] - penalty
    return Candidate(one.said, head, match, weight, one.row + len(one.more), more)


def chain_candidate(chain: Chain, matcher: RuleMatcher, source: Source) -> Candidate | None:
    """Return the event of the exception in a chain that best names what to change; None if it is ignored."""
    if chain.ignored:
        return None
    traced = any(one.traced for one in chain.raised)
    penalty = (0 if traced else _UNTRACED) + (_ASIDE if chain.aside else 0)
    candidates = [_of_raised(one, matcher, source, penalty) for one in chain.raised]
    best = len(candidates) - 1
    for at in range(len(candidates) - 2, -1, -1):
        if _names_more(candidates[at], candidates[best], direct=all(chain.direct[at:best])):
            best = at
    telling = [
        candidate.quote if candidate.weight > _OF_EXCEPTION[Specificity.SECONDARY] else ""
        for candidate in candidates
    ]
    telling[best] = candidates[best].quote
    also = chain_summary(telling, best, chain.direct)
    return replace(candidates[best], also=also, raised=traced and not chain.aside)


def _names_more(inner: Candidate, outer: Candidate, *, direct: bool) -> bool:
    """Return whether the earlier exception explains more than the later one that came of it."""
    same = inner.match and outer.match and inner.match.rule.category == outer.match.rule.category
    if direct and same and inner.quote.endswith(":") and outer.weight >= _OF_EXCEPTION[Specificity.CLASS]:
        return False
    if inner.weight != outer.weight:
        return inner.weight > outer.weight
    if same and inner.match and outer.match and inner.match.parts and not outer.match.parts:
        return True
    return not direct and not same and outer.weight < _OF_EXCEPTION[Specificity.SPECIFIC] - _BELOW


def line_candidates(
    rows: LogLines, hits: Iterable[int], used: set[int], matcher: RuleMatcher, source: Source
) -> list[Candidate]:
    """Return the events of the hits that no traceback used; equal lines are looked up once."""
    candidates: list[Candidate] = []
    silent: set[str] = set()
    for row in hits:
        text = rows.parsed(row).text
        if row in used or text in silent:
            continue
        candidate = line_candidate(rows, row, matcher, source)
        if candidate is None:
            silent.add(text)
        else:
            candidates.append(candidate)
    return candidates


_TOP = re.compile(r"[\u256d\u250c\u250f]\S{0,4} .{0,40}\b(?:error|failed|failure|fatal)", re.IGNORECASE)
_SIDE = re.compile("[\u2502\u2503]")
_ROWS = 8


def boxed_error(rows: LogLines, row: int) -> bool:
    """Return whether a row stands in a box whose upper edge says "Error", as click and typer draw one."""
    for at in range(row, max(-1, row - _ROWS), -1):
        if _TOP.match(rows.parsed(at).text.lstrip()):
            return at < row
        if not _SIDE.search(rows.raw[at]):
            return False
    return False
