"""Turns the lines and exceptions of a log that may explain the failure into weighted candidates."""

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
    """A line or an exception that may be the root cause.

    `row` is where it stands and `last` its last row. `quote` is the text to show; `match` is the rule that
    fits, or None. `weight` (0 to 100) says how well it explains a failure, before its position is considered.
    `continuation` is the rest of its message; `related` are texts about the same failure from its exception
    chain or from nearby lines. `raised` is true for an exception that nothing caught.
    """

    row: int
    quote: str
    match: Match | None
    weight: int
    last: int
    continuation: str = ""
    related: tuple[str, ...] = ()
    raised: bool = False


_EXCEPTION_WEIGHT = {
    Specificity.CUSTOM: 82,
    Specificity.VERDICT: 84,
    Specificity.SPECIFIC: 80,
    Specificity.CLASS: 74,
    Specificity.GENERIC: 66,
    Specificity.SECONDARY: 42,
    Specificity.CONSEQUENCE: 14,
}
_LINE_WEIGHT = {
    Specificity.CUSTOM: 78,
    Specificity.VERDICT: 90,
    Specificity.SPECIFIC: 76,
    Specificity.CLASS: 70,
    Specificity.GENERIC: 60,
    Specificity.SECONDARY: 40,
    Specificity.CONSEQUENCE: 10,
}
#: Subtracted from a line without an error level or error wording: a platform verdict, any other line, a
#: warning, an info line.
_UNPROVEN, _PLAIN, _WARNING, _INFO = 8, 18, 52, 62
#: Subtracted from a platform reason that names no object ("TIMEOUT"), so that one that does ranks higher.
_UNNAMED = 4
_MAX_FOLLOWING = 2
#: How lines begin that give advice, and lines that continue with the reason.
_ADVICE = re.compile(r"(?:remote: )?(?:Please|See|For more|Try|Use)\b|hint:|note:")
_REASON = re.compile(r"\W{0,6}(?:caused by|cause|reason|because)\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]{3}")
_UNTRACED, _THREAD, _BELOW, _WRAPPED, _UNMATCHED = 6, 14, 4, 10, 34
#: Subtracted from an exception with a message that only announces the text below it ("Graph execution
#: error:") or refers to an earlier exception.
_ANNOUNCEMENT = 18
_POINTS_BACK = re.compile(
    r"^an? (?:unknown |unexpected )?(?:error|exception) (?:occurred|happened|was raised) "
    r"(?:while|during|in)\b|look (?:up|above) to see|"
    r"(?:for|see) the (?:original|underlying|actual|real|root) (?:\w+ )?"
    r"(?:error|exception|traceback|cause|failure)|"
    r"see (?:the )?(?:\w+ ){0,2}(?:error|exception|traceback|stack ?trace|output|log)s? "
    r"(?:above|before|for details)",
    re.IGNORECASE,
)
#: Clients that exhausted their retries quote the last exception after this text.
_LAST_EXCEPTION = "last exception: "
#: The line of a printed JSON or YAML response that holds its message.
_MESSAGE_FIELD = re.compile(
    r"""\s*(?:["'](?:message|error|reason|detail|msg)["']\s*:\s*["']|(?:-\ )?(?:message|description):\ )"""
    r"""(?P<said>.{8,}?)(?:["'],?)?\s*$"""
)
_FIELD_ROWS = 6
#: Another field of such a response.
_OTHER_FIELD = re.compile(r"""(?:-\ )?["']?@?[\w.]{2,40}["']?:(?:\ |$)""")
_NO_INDEX = re.compile(r"(?:Failed to fetch|GPG error:) \S+|Retrying \(Retry\(total=0,")
_PACKAGE_NOT_FOUND = re.compile(r"\bE: [A-Z]|No matching distribution found")
_INSTALL_ROWS = 40


def line_candidate(rows: LogLines, row: int, matcher: RuleMatcher, source: Source) -> Candidate | None:
    """Return the candidate for a row outside all tracebacks, or None if the row reports no error."""
    parsed = rows.parsed(row)
    text = parsed.text.strip()
    if not _WORD.search(text) or is_harmless(text):
        return None
    match = matcher.match(text, exception="", source=source)
    if parsed.quote != parsed.text and (match is None or match.rule.specificity is Specificity.CONSEQUENCE):
        match = matcher.match(parsed.quote.strip(), exception="", source=source) or match
    is_cause = parsed.level is Level.WARNING and _has_no_index(rows, row)
    field = _MESSAGE_FIELD.match(parsed.quote)
    is_error = (
        is_cause
        or claims_error(parsed)
        or is_in_error_box(rows, row)
        or (field is not None and _in_an_error(rows, row))
    )
    if match is None and (not is_error or is_platform(text)):
        return None
    specificity = match.rule.specificity if match else None
    weight = _LINE_WEIGHT[specificity] if specificity is not None else _UNMATCHED
    if parsed.level is Level.WARNING and not is_cause:
        weight -= _WARNING
    elif parsed.level is Level.INFO:
        weight -= _INFO
    elif not is_error:
        weight -= _UNPROVEN if specificity is Specificity.VERDICT else _PLAIN
    if specificity is Specificity.VERDICT and match is not None and not match.parts:
        weight -= _UNNAMED
    entry_rest = _rest_of_entry(rows, row)
    field_text = (
        next((found["said"] for line in entry_rest if (found := _MESSAGE_FIELD.match(line))), "")
        if not field
        else ""
    )
    quote = " ".join([field_text, field["said"] if field else parsed.quote.strip(), *entry_rest]).strip()
    below = tuple(f" | {line}" for line in _following_lines(rows, row) if _explains(line, matcher, source))
    if parsed.text.endswith(":"):
        return Candidate(row, quote, match, max(weight, 1), row, " ".join(line[3:] for line in below))
    return Candidate(row, quote, match, max(weight, 1), row, related=below)


def _explains(text: str, matcher: RuleMatcher, source: Source) -> bool:
    """Return whether a line says more than that something failed."""
    if _ADVICE.match(text):
        return False
    match = matcher.match(text, exception="", source=source)
    return not from_another(text) and (match is None or match.rule.specificity > Specificity.SECONDARY)


def _in_an_error(rows: LogLines, row: int) -> bool:
    """Return whether the word "error" occurs in the few rows above a field of a printed response."""
    return any("error" in text[:400].lower() for text in rows.raw[max(0, row - _FIELD_ROWS) : row])


def _has_no_index(rows: LogLines, row: int) -> bool:
    """Return whether the row warns that a package index is unreachable and an install fails soon after.

    In that case the warning is the cause, not the later "package not found".
    """
    if not _NO_INDEX.match(rows.parsed(row).text):
        return False
    return any(_PACKAGE_NOT_FOUND.search(text[:200]) for text in rows.raw[row + 1 : row + _INSTALL_ROWS])


def _rest_of_entry(rows: LogLines, row: int) -> list[str]:
    """Return the lines of the same log entry below the row, at most seven."""
    below = range(row + 1, min(len(rows), row + 8))
    return [rows.parsed(at).text.strip() for at in below if rows.entry[at] == rows.entry[row]]


def _following_lines(rows: LogLines, row: int) -> list[str]:
    """Return at most two lines that follow the row's entry and belong to its message.

    They are errors, reasons, message fields, or the lines that a trailing colon introduces.
    """
    announced = rows.parsed(row).text.endswith(":")
    following: list[str] = []
    for below in range(row + 1, min(len(rows), row + 8)):
        parsed = rows.parsed(below)
        if rows.entry[below] == rows.entry[row]:
            continue
        text = parsed.text.strip()
        if (field := _MESSAGE_FIELD.match(parsed.quote)) is not None and len(following) < _MAX_FOLLOWING:
            following.append(field["said"])
            continue
        if _OTHER_FIELD.match(text) and not claims_error(parsed):
            continue
        belongs = (
            claims_error(parsed)
            or _REASON.match(text)
            or (announced and text and (not following or parsed.text[:1].isspace()))
        )
        if len(following) >= _MAX_FOLLOWING or is_platform(text) or not belongs or is_harmless(text):
            break
        following.append(text)
    return following


def _exception_candidate(exception: Raised, matcher: RuleMatcher, source: Source, penalty: int) -> Candidate:
    """Return the candidate for one exception of a chain; `penalty` is subtracted from its weight."""
    head = f"{exception.name}: {exception.text}" if exception.text else exception.name
    continuation = " ".join(exception.continuation)
    last_error = exception.text.rpartition(_LAST_EXCEPTION)[2]
    match = (
        matcher.match(last_error, exception=exception.name, source=source, where=exception.where)
        if last_error != exception.text
        else None
    )
    match = match or matcher.match(head, exception=exception.name, source=source, where=exception.where)
    if continuation and (match is None or match.rule.specificity < Specificity.SPECIFIC):
        full_match = matcher.match(
            f"{head} {continuation}", exception=exception.name, source=source, where=exception.where
        )
        known = match.rule.specificity if match else Specificity.CONSEQUENCE
        if full_match is not None and full_match.rule.specificity > known:
            penalty += _BELOW if match is None or known > Specificity.CONSEQUENCE else _WRAPPED
            match = full_match
    if match is None:
        match = Match(EXCEPTION, 0, len(head), ())
    announces = (
        exception.text.endswith(":") and not continuation and match.rule.specificity < Specificity.SPECIFIC
    )
    if announces or _POINTS_BACK.search(exception.text):
        penalty += _ANNOUNCEMENT
    weight = _EXCEPTION_WEIGHT[match.rule.specificity] - penalty
    return Candidate(
        exception.message_row, head, match, weight, exception.row + len(exception.continuation), continuation
    )


def chain_candidate(chain: Chain, matcher: RuleMatcher, source: Source) -> Candidate | None:
    """Return the candidate for the most specific exception of a chain, or None if the chain is ignored."""
    if chain.ignored:
        return None
    traced = any(exception.traced for exception in chain.raised)
    penalty = (0 if traced else _UNTRACED) + (_THREAD if chain.aside else 0)
    candidates = [_exception_candidate(exception, matcher, source, penalty) for exception in chain.raised]
    best = len(candidates) - 1
    for at in range(len(candidates) - 2, -1, -1):
        if _explains_more(candidates[at], candidates[best], direct=all(chain.direct[at:best])):
            best = at
    messages = [
        candidate.quote if candidate.weight > _EXCEPTION_WEIGHT[Specificity.SECONDARY] else ""
        for candidate in candidates
    ]
    messages[best] = candidates[best].quote
    related = chain_summary(messages, best, chain.direct)
    return replace(candidates[best], related=related, raised=traced and not chain.aside)


def _explains_more(inner: Candidate, outer: Candidate, *, direct: bool) -> bool:
    """Return whether an earlier exception explains more than a later one that followed from it."""
    same = inner.match and outer.match and inner.match.rule.category == outer.match.rule.category
    if direct and same and inner.quote.endswith(":") and outer.weight >= _EXCEPTION_WEIGHT[Specificity.CLASS]:
        return False
    if inner.weight != outer.weight:
        return inner.weight > outer.weight
    if same and inner.match and outer.match and inner.match.parts and not outer.match.parts:
        return True
    return not direct and not same and outer.weight < _EXCEPTION_WEIGHT[Specificity.SPECIFIC] - _BELOW


def line_candidates(
    rows: LogLines, hits: Iterable[int], used: set[int], matcher: RuleMatcher, source: Source
) -> list[Candidate]:
    """Return the candidates for the hits outside tracebacks; equal rejected lines are matched once."""
    candidates: list[Candidate] = []
    rejected: set[str] = set()
    for row in hits:
        text = rows.parsed(row).text
        if row in used or text in rejected:
            continue
        candidate = line_candidate(rows, row, matcher, source)
        if candidate is None:
            rejected.add(text)
        else:
            candidates.append(candidate)
    return candidates


_BOX_TOP = re.compile(r"[\u256d\u250c\u250f]\S{0,4} .{0,40}\b(?:error|failed|failure|fatal)", re.IGNORECASE)
_BOX_SIDE = re.compile("[\u2502\u2503]")
_BOX_ROWS = 8


def is_in_error_box(rows: LogLines, row: int) -> bool:
    """Return whether a row is inside a box titled "Error", as click and typer draw them."""
    for at in range(row, max(-1, row - _BOX_ROWS), -1):
        if _BOX_TOP.match(rows.parsed(at).text.lstrip()):
            return at < row
        if not _BOX_SIDE.search(rows.raw[at]):
            return False
    return False
