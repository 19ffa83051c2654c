"""Diagnoses a log: finds the root cause of a failure and what to do about it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bot.diagnosis.candidates import Candidate, chain_candidate, line_candidates
from bot.diagnosis.demotions import with_package_builds
from bot.diagnosis.excerpt import safe_entries
from bot.diagnosis.parsing.lines import LogLines
from bot.diagnosis.parsing.platform import Outcome, read_outcome
from bot.diagnosis.parsing.tracebacks import read_chains
from bot.diagnosis.ranking import Choice, choose, last_program_line
from bot.diagnosis.rules import GUESSES, RULES
from bot.diagnosis.rules.matcher import RuleMatcher, matcher_for
from bot.diagnosis.rules.rule import Rule, Specificity
from bot.diagnosis.sampling import select_rows
from bot.diagnosis.summary import summary_of, with_related_lines
from bot.models.diagnosis import Category, Confidence, Diagnosis, Source
from bot.redaction import safe

BEFORE, AFTER = 20, 80
#: Entries before the context that are redacted with it, for a private key that begins there.
_REDACTION_LOOK_BACK = 60
#: Minimum weight at which a log without a platform outcome counts as failed.
_MIN_FAILURE_WEIGHT = 60
#: Below this weight only consequences or recovered errors were left to choose from.
_MIN_CONFIDENT_WEIGHT = 40
_STEP_ADVICE = "The build step stopped at this line: correct what it names, then build again."
_UNKNOWN_ADVICE = "No known cause fits: open the full log and look at the lines before this one."


def diagnose_lines(
    lines: Sequence[str],
    *,
    source: Literal["cloud_run", "vertex", "cloud_build"] | Source = Source.CLOUD_RUN,
    severities: Sequence[str] | None = None,  # noqa: ARG001 - unused: platforms mark all of stderr as ERROR
    causes: tuple[Rule, ...] = RULES,
) -> Diagnosis:
    """Return what a log (entries, oldest first) says about a failure. Never raises for any text.

    `root_cause_index` counts entries from 0. `context` holds up to 20 entries before it and 80 after it. All
    text in the result is redacted and neutralised. A failed log that no rule fits has the category `unknown`,
    or `build_failure` for a build. Raise ValueError for an unknown source.
    """
    rows = LogLines(lines)
    hits = select_rows(rows)
    outcome = read_outcome(rows, hits)
    matcher, log_source = matcher_for(causes), Source(source)
    candidates, used = find_candidates(rows, hits, matcher, log_source)
    choice = choose(rows, candidates, used, outcome)
    if not _failed(outcome, choice):
        return Diagnosis(False, Category.NONE, None, "No error found.", (), "", Confidence.HIGH)
    if choice is None:
        return _unexplained(lines)
    return _diagnosis(lines, rows, last_program_line(rows, choice, candidates), matcher, log_source)


def _with_guess(choice: Choice, source: Source) -> Choice:
    """Return the choice, with a match from the fallback rules if no other rule fits it."""
    if choice.candidate.match is not None:
        return choice
    match = matcher_for(GUESSES).match(choice.candidate.quote, exception="", source=source)
    return replace(choice, candidate=replace(choice.candidate, match=match))


def find_candidates(
    rows: LogLines, hits: Sequence[int], matcher: RuleMatcher, source: Source
) -> tuple[list[Candidate], set[int]]:
    """Return all candidates in row order, and the rows that belong to tracebacks."""
    chains, used = read_chains(rows, hits)
    candidates = [
        candidate for chain in chains if (candidate := chain_candidate(chain, matcher, source)) is not None
    ]
    candidates += line_candidates(rows, hits, used, matcher, source)
    return sorted(with_package_builds(rows, candidates), key=lambda candidate: candidate.row), used


def _failed(outcome: Outcome, choice: Choice | None) -> bool:
    if outcome.lost or outcome.failed:
        return True
    return outcome.failed is None and choice is not None and choice.weight >= _MIN_FAILURE_WEIGHT


def _diagnosis(
    lines: Sequence[str], rows: LogLines, choice: Choice, matcher: RuleMatcher, source: Source
) -> Diagnosis:
    entry = rows.entry[choice.candidate.row]
    offset = choice.candidate.row - bisect_left(rows.entry, entry)
    start = max(0, entry - _REDACTION_LOOK_BACK)
    shown = safe_entries(lines[start : entry + AFTER + 1])
    first = max(0, entry - BEFORE)
    with_guess = _with_guess(choice, source)
    match = with_guess.candidate.match
    return Diagnosis(
        has_error=True,
        category=_category(with_guess, source),
        root_cause_index=entry,
        summary=summary_of(_with_redacted_text(choice, shown, entry - start, offset, matcher, source)),
        context=tuple(shown[first - start :]),
        advice=safe(match.advice()) if match is not None else _advice(source),
        confidence=_confidence(with_guess),
        context_root=entry - first,
        cause_id=match.rule.id if match is not None else "",
    )


def _category(choice: Choice, source: Source) -> Category:
    """Return the category of the choice; an unexplained failure of a build is `build_failure`."""
    match = choice.candidate.match
    known = match.rule.category if match is not None else Category.UNKNOWN
    return Category.BUILD_FAILURE if known is Category.UNKNOWN and source is Source.CLOUD_BUILD else known


def _advice(source: Source) -> str:
    return _STEP_ADVICE if source is Source.CLOUD_BUILD else _UNKNOWN_ADVICE


def _with_redacted_text(
    choice: Choice, shown: Sequence[str], entry: int, offset: int, matcher: RuleMatcher, source: Source
) -> Choice:
    """Return the same choice as found in the redacted entries, so that the summary quotes redacted text only.

    `entry` is its entry and `offset` its row within that entry.
    """
    rows = LogLines(shown)
    candidates, _ = find_candidates(rows, range(len(rows)), matcher, source)
    matching = [
        e for e in candidates if rows.entry[e.row] == entry and _rule_id(e) == _rule_id(choice.candidate)
    ]
    if matching:
        return with_related_lines(replace(choice, candidate=matching[0]), candidates)
    entry_rows = [row for row in range(len(rows)) if rows.entry[row] == entry]
    at = entry_rows[min(offset, len(entry_rows) - 1)]
    return replace(
        choice,
        candidate=replace(choice.candidate, quote=rows.parsed(at).quote.strip(), continuation="", related=()),
    )


def _rule_id(candidate: Candidate) -> str:
    return candidate.match.rule.id if candidate.match else ""


def _confidence(choice: Choice) -> Confidence:
    match = choice.candidate.match
    if match is None or choice.weight < _MIN_CONFIDENT_WEIGHT:
        return Confidence.LOW
    return Confidence.HIGH if match.rule.specificity >= Specificity.CLASS else Confidence.MEDIUM


def _unexplained(lines: Sequence[str]) -> Diagnosis:
    last = len(lines) - 1
    first = max(0, last - BEFORE)
    return Diagnosis(
        has_error=True,
        category=Category.UNKNOWN,
        root_cause_index=last if lines else None,
        summary="It failed, but the log does not say why.",
        context=tuple(safe_entries(lines[first:])),
        advice=_UNKNOWN_ADVICE,
        confidence=Confidence.LOW,
        context_root=last - first if lines else None,
    )
