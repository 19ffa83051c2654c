"""Why it died and what to do: the deterministic diagnosis of a log."""

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
#: Entries before the context that redaction sees too, for a key that begins there.
_LOOK_BACK = 60
#: A log without a closing line counts as failed from this weight on.
_SPEAKS_FOR_ITSELF = 60
#: Below it, the choice had to be made among consequences and survivors.
_DOUBTFUL = 40
_STEP_ADVICE = "The build step stopped at this line: correct what it names, then build again."
_UNKNOWN_ADVICE = "No known cause fits: open the full log and look at the lines before this one."


def diagnose_lines(
    lines: Sequence[str],
    *,
    source: Literal["cloud_run", "vertex", "cloud_build"] | Source = Source.CLOUD_RUN,
    severities: Sequence[str] | None = None,  # noqa: ARG001 - no evidence: platforms mark healthy stderr ERROR
    rules: tuple[Rule, ...] = RULES,
) -> Diagnosis:
    """Return what a log (entries, oldest first) says about a failure; never raises for any text.

    `root_cause_index` counts entries from 0. `context` holds up to 20 entries before and 80 after it. All
    text in the answer is redacted and neutralised. A failed log that no cause fits has category `unknown`
    (`build_failure` where it is a build's and a line says what went wrong).
    Raise ValueError for a source that is none of the three.
    """
    rows = LogLines(lines)
    hits = select_rows(rows)
    outcome = read_outcome(rows, hits)
    matcher, kind = matcher_for(rules), Source(source)
    candidates, used = find_candidates(rows, hits, matcher, kind)
    choice = choose(rows, candidates, used, outcome)
    if not _failed(outcome, choice):
        return Diagnosis(False, Category.NONE, None, "No error found.", (), "", Confidence.HIGH)
    if choice is None:
        return _silent(lines)
    return _answer(lines, rows, last_program_line(rows, choice, candidates), matcher, kind)


def _guessed(choice: Choice, source: Source) -> Choice:
    """Return the choice; where no cause knows an error, with what its plain words suggest."""
    if choice.candidate.match is not None:
        return choice
    match = matcher_for(GUESSES).match(choice.candidate.quote, exception="", source=source)
    return replace(choice, candidate=replace(choice.candidate, match=match))


def find_candidates(
    rows: LogLines, hits: Sequence[int], matcher: RuleMatcher, source: Source
) -> tuple[list[Candidate], set[int]]:
    """Return all that went wrong, in order of rows, and the rows that belong to tracebacks."""
    chains, used = read_chains(rows, hits)
    candidates = [
        candidate for chain in chains if (candidate := chain_candidate(chain, matcher, source)) is not None
    ]
    candidates += line_candidates(rows, hits, used, matcher, source)
    return sorted(with_package_builds(rows, candidates), key=lambda candidate: candidate.row), used


def _failed(outcome: Outcome, choice: Choice | None) -> bool:
    if outcome.lost or outcome.failed:
        return True
    return outcome.failed is None and choice is not None and choice.weight >= _SPEAKS_FOR_ITSELF


def _answer(
    lines: Sequence[str], rows: LogLines, choice: Choice, matcher: RuleMatcher, source: Source
) -> Diagnosis:
    entry = rows.entry[choice.candidate.row]
    offset = choice.candidate.row - bisect_left(rows.entry, entry)
    look = max(0, entry - _LOOK_BACK)
    shown = safe_entries(lines[look : entry + AFTER + 1])
    first = max(0, entry - BEFORE)
    guessed = _guessed(choice, source)
    match = guessed.candidate.match
    return Diagnosis(
        has_error=True,
        category=_category(guessed, source),
        root_cause_index=entry,
        summary=summary_of(_again(choice, shown, entry - look, offset, matcher, source)),
        context=tuple(shown[first - look :]),
        advice=safe(match.advice()) if match is not None else _advice(source),
        confidence=_confidence(guessed),
        context_root=entry - first,
        cause_id=match.rule.id if match is not None else "",
    )


def _category(choice: Choice, source: Source) -> Category:
    """Return the category; what no cause explains in a build's log is what the build failed of."""
    match = choice.candidate.match
    known = match.rule.category if match is not None else Category.UNKNOWN
    return Category.BUILD_FAILURE if known is Category.UNKNOWN and source is Source.CLOUD_BUILD else known


def _advice(source: Source) -> str:
    return _STEP_ADVICE if source is Source.CLOUD_BUILD else _UNKNOWN_ADVICE


def _again(
    choice: Choice, shown: Sequence[str], entry: int, offset: int, matcher: RuleMatcher, source: Source
) -> Choice:
    """Return the same choice as the redacted entries have it, so that the summary quotes nothing else.

    `entry` and `offset` say where it stands: the entry, and the row within it.
    """
    rows = LogLines(shown)
    candidates, _ = find_candidates(rows, range(len(rows)), matcher, source)
    same = [e for e in candidates if rows.entry[e.row] == entry and _rule_id(e) == _rule_id(choice.candidate)]
    if same:
        return with_related_lines(replace(choice, candidate=same[0]), candidates)
    here = [row for row in range(len(rows)) if rows.entry[row] == entry]
    at = here[min(offset, len(here) - 1)]
    return replace(
        choice, candidate=replace(choice.candidate, quote=rows.parsed(at).quote.strip(), more="", also=())
    )


def _rule_id(candidate: Candidate) -> str:
    return candidate.match.rule.id if candidate.match else ""


def _confidence(choice: Choice) -> Confidence:
    match = choice.candidate.match
    if match is None or choice.weight < _DOUBTFUL:
        return Confidence.LOW
    return Confidence.HIGH if match.rule.specificity >= Specificity.CLASS else Confidence.MEDIUM


def _silent(lines: Sequence[str]) -> Diagnosis:
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
