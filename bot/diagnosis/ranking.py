"""Chooses the root cause among the candidates of a log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from bot.diagnosis.candidates import Candidate
from bot.diagnosis.demotions import (
    after_last_progress,
    from_passed_steps,
    retried_until_timeout,
    secondary_errors,
    was_retried,
    with_exhausted_retries,
)
from bot.diagnosis.noise import is_harmless
from bot.diagnosis.parsing.lines import LogLines
from bot.diagnosis.parsing.platform import Outcome, is_platform
from bot.diagnosis.rules.rule import Specificity
from bot.models.diagnosis import Category

_PROGRESS = re.compile(
    r"\bloss\b['\"]?\s*[=:]|\d+%\||\bit/s|\bs/it\b|\b(?:global_)?step['\"]?[ =:]+\d+(?!/\d+ :)|"
    r"\bepoch[ =:]+\d+|saved? (?:model|checkpoint)|^Successfully |samples?/s",
    re.IGNORECASE,
)
_RECOVERED, _SURVIVED, _REPRINTED, _EARLIER_ATTEMPT = 48, 40, 45, 70
#: Retried errors of at least the first weight keep the second: they explain more than "it failed".
_MIN_RETRIED, _RETRIED_WEIGHT = 50, 16
_FRAME = re.compile(r'File "|Traceback \(most|[\^~]+$')
_LOOK_BACK_ROWS, _MIN_WORDS = 8, 3
#: Subtracted from a platform timeout in favour of the error that was retried until then.
_TIMEOUT_AFTER_RETRIES = 40
#: Minimum number of lines after a shell error that show that the program went on, and rows searched for them.
_MIN_LINES_AFTER_SHELL, _SHELL_ROWS = 3, 60
#: Minimum weight at which an uncaught exception explains the end of the program.
_UNCAUGHT = 60
#: Below this weight the best candidate hardly explains a failure ("Internal error occurred").
_VAGUE_BELOW = 59


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen candidate and its weight after considering its position (0 to 100)."""

    candidate: Candidate
    weight: int


def choose(
    rows: LogLines, candidates: Sequence[Candidate], used: AbstractSet[int], outcome: Outcome
) -> Choice | None:
    """Return the candidate with the highest weight in its place, the first among equals.

    `used` are the rows of tracebacks. If the best candidate of a failed log is vague, retried errors without
    later progress are considered as not recovered.
    """
    progress = _last_progress(rows, candidates, used)
    best = _heaviest(rows, candidates, used, outcome, progress, frozenset())
    if best is None or best.weight >= _VAGUE_BELOW or best.candidate.row in used or not outcome.failed:
        return best
    return _heaviest(rows, candidates, used, outcome, progress, after_last_progress(candidates, progress))


def _heaviest(
    rows: LogLines,
    candidates: Sequence[Candidate],
    used: AbstractSet[int],
    outcome: Outcome,
    progress: int,
    unresolved: frozenset[int],
) -> Choice | None:
    unresolved_rows, timeout = retried_until_timeout(candidates, progress)
    unresolved_rows |= with_exhausted_retries(rows, candidates) | unresolved
    choices = [
        Choice(
            candidate,
            _weight_in_place(rows, candidate, outcome, progress, unresolved=candidate.row in unresolved_rows),
        )
        for candidate in candidates
    ]
    if timeout is not None:
        choices = [
            replace(c, weight=c.weight - _TIMEOUT_AFTER_RETRIES) if c.candidate is timeout else c
            for c in choices
        ]
    secondary = from_passed_steps(rows, candidates)
    secondary |= secondary_errors(
        candidates, [choice.candidate for choice in choices if choice.weight >= _UNCAUGHT]
    )
    choices = [
        replace(c, weight=c.weight - _SURVIVED) if c.candidate.row in secondary else c for c in choices
    ]
    last_uncaught = max(
        (candidate.row for candidate in candidates if candidate.raised and candidate.weight >= _UNCAUGHT),
        default=-1,
    )
    choices = [_demote_survived_shell_error(rows, choice, used, last_uncaught) for choice in choices]
    return max(choices, key=lambda c: (c.weight, -c.candidate.row), default=None)


def last_program_line(rows: LogLines, choice: Choice, candidates: Sequence[Candidate]) -> Choice:
    """Return the choice moved to the program's last line if it only says that something failed.

    It keeps the category of the original choice, as nothing more is known.
    """
    match = choice.candidate.match
    if match is None or match.rule.specificity > Specificity.CONSEQUENCE:
        return choice
    candidate_rows = {candidate.row for candidate in candidates}
    for row in range(choice.candidate.row - 1, max(-1, choice.candidate.row - _LOOK_BACK_ROWS), -1):
        parsed = rows.parsed(row)
        text = parsed.text.strip()
        if row in candidate_rows or is_platform(text) or not text or _FRAME.match(text):
            continue
        if (
            _PROGRESS.search(text[-400:])
            or is_harmless(text)
            or parsed.wandb
            or len(text.split()) < _MIN_WORDS
        ):
            return choice
        return replace(
            choice,
            candidate=replace(
                choice.candidate, row=row, quote=parsed.quote.strip(), continuation="", related=()
            ),
        )
    return choice


def _last_progress(rows: LogLines, candidates: Sequence[Candidate], used: AbstractSet[int]) -> int:
    """Return the last row after the first candidate that shows progress, or -1."""
    if not candidates:
        return -1
    first = min(candidate.row for candidate in candidates)
    for row in range(len(rows) - 1, max(first, len(rows) - 3_000), -1):
        if (
            _PROGRESS.search(rows.raw[row][-400:])
            and row not in used
            and not is_platform(rows.parsed(row).text)
        ):
            return row
    return -1


def _demote_survived_shell_error(
    rows: LogLines, choice: Choice, used: AbstractSet[int], last_uncaught: int
) -> Choice:
    """Return the choice, with less weight if the program went on after a shell's complaint.

    A shell continues after a missing command, so an exception raised later outweighs it.
    """
    match, row = choice.candidate.match, choice.candidate.row
    if match is None or match.rule.category is not Category.CONTAINER_START or choice.candidate.raised:
        return choice
    between = range(row + 1, min(last_uncaught, row + _SHELL_ROWS))
    later_lines = sum(1 for at in between if at not in used and rows.parsed(at).text.strip())
    return (
        replace(choice, weight=choice.weight - _SURVIVED) if later_lines >= _MIN_LINES_AFTER_SHELL else choice
    )


def _weight_in_place(
    rows: LogLines, candidate: Candidate, outcome: Outcome, progress: int, *, unresolved: bool
) -> int:
    weight = candidate.weight
    if not unresolved and was_retried(rows, candidate):
        weight -= _RECOVERED
        if candidate.weight >= _MIN_RETRIED and candidate.match is not None:
            weight = max(weight, _RETRIED_WEIGHT)
    if candidate.row < outcome.attempt:
        weight -= _EARLIER_ATTEMPT
    if candidate.row >= outcome.reprint:
        weight -= _REPRINTED
    if candidate.row < progress:
        weight -= _SURVIVED
    return weight
