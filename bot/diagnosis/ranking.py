"""Picks, among all that went wrong, the first error that names what to change."""

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
_RECOVERED, _SURVIVED, _REPRINTED, _EARLIER = 48, 40, 45, 70
#: What was retried and never seen to work is still a better reason than "it failed".
_AT_LEAST, _MORE_THAN_NOTHING = 50, 16
_FRAME = re.compile(r'File "|Traceback \(most|[\^~]+$')
_NEAR_END, _SENTENCE = 8, 3
#: What a platform's timeout loses to the error that was retried until it came.
_WAS_STUCK = 40
#: Lines that a program writes after a shell's complaint which it does not mind, and rows to look for them in.
_SHELL, _SHELL_ROWS = 3, 60
#: The weight from which an exception that nothing caught explains an end.
_UNCAUGHT = 60
#: The weight below which the heaviest event hardly explains an end ("Internal error occurred").
_VAGUE = 59


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen event and what its weight came to in its place (0 to 100)."""

    candidate: Candidate
    weight: int


def choose(
    rows: LogLines, candidates: Sequence[Candidate], used: AbstractSet[int], outcome: Outcome
) -> Choice | None:
    """Return the heaviest event where it stands, the first of equals; `used` are the rows of tracebacks.

    Where a failure ends with vague words only, what was tried again before it was never overcome.
    """
    progress = _last_progress(rows, candidates, used)
    best = _heaviest(rows, candidates, used, outcome, progress, frozenset())
    if best is None or best.weight >= _VAGUE or best.candidate.row in used or not outcome.failed:
        return best
    return _heaviest(rows, candidates, used, outcome, progress, after_last_progress(candidates, progress))


def _heaviest(
    rows: LogLines,
    candidates: Sequence[Candidate],
    used: AbstractSet[int],
    outcome: Outcome,
    progress: int,
    tried_in_vain: frozenset[int],
) -> Choice | None:
    again, ended = retried_until_timeout(candidates, progress)
    again |= with_exhausted_retries(rows, candidates) | tried_in_vain
    choices = [
        Choice(candidate, _in_place(rows, candidate, outcome, progress, stuck=candidate.row in again))
        for candidate in candidates
    ]
    if ended is not None:
        choices = [replace(c, weight=c.weight - _WAS_STUCK) if c.candidate is ended else c for c in choices]
    after = from_passed_steps(rows, candidates)
    after |= secondary_errors(
        candidates, [choice.candidate for choice in choices if choice.weight >= _UNCAUGHT]
    )
    choices = [replace(c, weight=c.weight - _SURVIVED) if c.candidate.row in after else c for c in choices]
    went_on = max(
        (candidate.row for candidate in candidates if candidate.raised and candidate.weight >= _UNCAUGHT),
        default=-1,
    )
    choices = [_overcome(rows, choice, used, went_on) for choice in choices]
    return max(choices, key=lambda c: (c.weight, -c.candidate.row), default=None)


def last_program_line(rows: LogLines, choice: Choice, candidates: Sequence[Candidate]) -> Choice:
    """Return returns, where the choice says only *that* it failed, the last thing the program said before it.

    It keeps the category that the consequence has: nothing more is known.
    """
    match = choice.candidate.match
    if match is None or match.rule.specificity > Specificity.CONSEQUENCE:
        return choice
    said = {candidate.row for candidate in candidates}
    for row in range(choice.candidate.row - 1, max(-1, choice.candidate.row - _NEAR_END), -1):
        parsed = rows.parsed(row)
        text = parsed.text.strip()
        if row in said or is_platform(text) or not text or _FRAME.match(text):
            continue
        if (
            _PROGRESS.search(text[-400:])
            or is_harmless(text)
            or parsed.wandb
            or len(text.split()) < _SENTENCE
        ):
            return choice
        return replace(
            choice, candidate=replace(choice.candidate, row=row, quote=parsed.quote.strip(), more="", also=())
        )
    return choice


def _last_progress(rows: LogLines, candidates: Sequence[Candidate], used: AbstractSet[int]) -> int:
    """Return the last row, after the first event, on which work visibly went on; -1 if there is none."""
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


def _overcome(rows: LogLines, choice: Choice, used: AbstractSet[int], went_on: int) -> Choice:
    """Return the choice; a shell without a command goes on, so what a program raised later outweighs it."""
    match, row = choice.candidate.match, choice.candidate.row
    if match is None or match.rule.category is not Category.CONTAINER_START or choice.candidate.raised:
        return choice
    between = range(row + 1, min(went_on, row + _SHELL_ROWS))
    spoken = sum(1 for at in between if at not in used and rows.parsed(at).text.strip())
    return replace(choice, weight=choice.weight - _SURVIVED) if spoken >= _SHELL else choice


def _in_place(rows: LogLines, candidate: Candidate, outcome: Outcome, progress: int, *, stuck: bool) -> int:
    weight = candidate.weight
    if not stuck and was_retried(rows, candidate):
        weight -= _RECOVERED
        if candidate.weight >= _AT_LEAST and candidate.match is not None:
            weight = max(weight, _MORE_THAN_NOTHING)
    if candidate.row < outcome.attempt:
        weight -= _EARLIER
    if candidate.row >= outcome.reprint:
        weight -= _REPRINTED
    if candidate.row < progress:
        weight -= _SURVIVED
    return weight
