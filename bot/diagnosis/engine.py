"""Why it died and what to do: the deterministic diagnosis of a log."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bot.diagnosis.candidates import Event, chain_event, line_events
from bot.diagnosis.demotions import as_installs
from bot.diagnosis.excerpt import safe_entries
from bot.diagnosis.parsing.lines import Rows
from bot.diagnosis.parsing.platform import Outcome, judge
from bot.diagnosis.parsing.tracebacks import read_chains
from bot.diagnosis.ranking import Choice, choose, spoken_before
from bot.diagnosis.rules import CAUSES, GUESSES
from bot.diagnosis.rules.matcher import Table, table_of
from bot.diagnosis.rules.rule import Cause, Specificity
from bot.diagnosis.sampling import interesting
from bot.diagnosis.summary import summary_of, with_kin
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
    causes: tuple[Cause, ...] = CAUSES,
) -> Diagnosis:
    """Return what a log (entries, oldest first) says about a failure; never raises for any text.

    `root_cause_index` counts entries from 0. `context` holds up to 20 entries before and 80 after it. All
    text in the answer is redacted and neutralised. A failed log that no cause fits has category `unknown`
    (`build_failure` where it is a build's and a line says what went wrong).
    Raise ValueError for a source that is none of the three.
    """
    rows = Rows(lines)
    hits = interesting(rows)
    outcome = judge(rows, hits)
    table, kind = table_of(causes), Source(source)
    events, used = find_events(rows, hits, table, kind)
    choice = choose(rows, events, used, outcome)
    if not _failed(outcome, choice):
        return Diagnosis(False, Category.NONE, None, "No error found.", (), "", Confidence.HIGH)
    if choice is None:
        return _silent(lines)
    return _answer(lines, rows, spoken_before(rows, choice, events), table, kind)


def _guessed(choice: Choice, source: Source) -> Choice:
    """Return the choice; where no cause knows an error, with what its plain words suggest."""
    if choice.event.match is not None:
        return choice
    match = table_of(GUESSES).match(choice.event.quote, exception="", source=source)
    return replace(choice, event=replace(choice.event, match=match))


def find_events(
    rows: Rows, hits: Sequence[int], table: Table, source: Source
) -> tuple[list[Event], set[int]]:
    """Return all that went wrong, in order of rows, and the rows that belong to tracebacks."""
    chains, used = read_chains(rows, hits)
    events = [event for chain in chains if (event := chain_event(chain, table, source)) is not None]
    events += line_events(rows, hits, used, table, source)
    return sorted(as_installs(rows, events), key=lambda event: event.row), used


def _failed(outcome: Outcome, choice: Choice | None) -> bool:
    if outcome.lost or outcome.failed:
        return True
    return outcome.failed is None and choice is not None and choice.weight >= _SPEAKS_FOR_ITSELF


def _answer(lines: Sequence[str], rows: Rows, choice: Choice, table: Table, source: Source) -> Diagnosis:
    entry = rows.entry[choice.event.row]
    offset = choice.event.row - bisect_left(rows.entry, entry)
    look = max(0, entry - _LOOK_BACK)
    shown = safe_entries(lines[look : entry + AFTER + 1])
    first = max(0, entry - BEFORE)
    guessed = _guessed(choice, source)
    match = guessed.event.match
    return Diagnosis(
        has_error=True,
        category=_category(guessed, source),
        root_cause_index=entry,
        summary=summary_of(_again(choice, shown, entry - look, offset, table, source)),
        context=tuple(shown[first - look :]),
        advice=safe(match.advice()) if match is not None else _advice(source),
        confidence=_confidence(guessed),
        context_root=entry - first,
        cause_id=match.cause.id if match is not None else "",
    )


def _category(choice: Choice, source: Source) -> Category:
    """Return the category; what no cause explains in a build's log is what the build failed of."""
    match = choice.event.match
    known = match.cause.category if match is not None else Category.UNKNOWN
    return Category.BUILD_FAILURE if known is Category.UNKNOWN and source is Source.CLOUD_BUILD else known


def _advice(source: Source) -> str:
    return _STEP_ADVICE if source is Source.CLOUD_BUILD else _UNKNOWN_ADVICE


def _again(
    choice: Choice, shown: Sequence[str], entry: int, offset: int, table: Table, source: Source
) -> Choice:
    """Return the same choice as the redacted entries have it, so that the summary quotes nothing else.

    `entry` and `offset` say where it stands: the entry, and the row within it.
    """
    rows = Rows(shown)
    events, _ = find_events(rows, range(len(rows)), table, source)
    same = [e for e in events if rows.entry[e.row] == entry and _cause(e) == _cause(choice.event)]
    if same:
        return with_kin(replace(choice, event=same[0]), events)
    here = [row for row in range(len(rows)) if rows.entry[row] == entry]
    at = here[min(offset, len(here) - 1)]
    return replace(choice, event=replace(choice.event, quote=rows.clean(at).quote.strip(), more="", also=()))


def _cause(event: Event) -> str:
    return event.match.cause.id if event.match else ""


def _confidence(choice: Choice) -> Confidence:
    match = choice.event.match
    if match is None or choice.weight < _DOUBTFUL:
        return Confidence.LOW
    return Confidence.HIGH if match.cause.strength >= Specificity.CLASS else Confidence.MEDIUM


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
