"""Picks, among all that went wrong, the first error that names what to change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from bot.diagnosis.candidates import Event
from bot.diagnosis.demotions import aftermath, given_up, never_overcome, of_other_steps, retried, stuck_in
from bot.diagnosis.noise import harmless
from bot.diagnosis.parsing.lines import Rows
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

    event: Event
    weight: int


def choose(rows: Rows, events: Sequence[Event], used: AbstractSet[int], outcome: Outcome) -> Choice | None:
    """Return the heaviest event where it stands, the first of equals; `used` are the rows of tracebacks.

    Where a failure ends with vague words only, what was tried again before it was never overcome.
    """
    progress = _last_progress(rows, events, used)
    best = _heaviest(rows, events, used, outcome, progress, frozenset())
    if best is None or best.weight >= _VAGUE or best.event.row in used or not outcome.failed:
        return best
    return _heaviest(rows, events, used, outcome, progress, never_overcome(events, progress))


def _heaviest(
    rows: Rows,
    events: Sequence[Event],
    used: AbstractSet[int],
    outcome: Outcome,
    progress: int,
    tried_in_vain: frozenset[int],
) -> Choice | None:
    again, ended = stuck_in(events, progress)
    again |= given_up(rows, events) | tried_in_vain
    choices = [
        Choice(event, _in_place(rows, event, outcome, progress, stuck=event.row in again)) for event in events
    ]
    if ended is not None:
        choices = [replace(c, weight=c.weight - _WAS_STUCK) if c.event is ended else c for c in choices]
    after = of_other_steps(rows, events)
    after |= aftermath(events, [choice.event for choice in choices if choice.weight >= _UNCAUGHT])
    choices = [replace(c, weight=c.weight - _SURVIVED) if c.event.row in after else c for c in choices]
    went_on = max((event.row for event in events if event.raised and event.weight >= _UNCAUGHT), default=-1)
    choices = [_overcome(rows, choice, used, went_on) for choice in choices]
    return max(choices, key=lambda c: (c.weight, -c.event.row), default=None)


def spoken_before(rows: Rows, choice: Choice, events: Sequence[Event]) -> Choice:
    """Return returns, where the choice says only *that* it failed, the last thing the program said before it.

    It keeps the category that the consequence has: nothing more is known.
    """
    match = choice.event.match
    if match is None or match.cause.strength > Specificity.CONSEQUENCE:
        return choice
    said = {event.row for event in events}
    for row in range(choice.event.row - 1, max(-1, choice.event.row - _NEAR_END), -1):
        clean = rows.clean(row)
        text = clean.text.strip()
        if row in said or is_platform(text) or not text or _FRAME.match(text):
            continue
        if _PROGRESS.search(text[-400:]) or harmless(text) or clean.wandb or len(text.split()) < _SENTENCE:
            return choice
        return replace(
            choice, event=replace(choice.event, row=row, quote=clean.quote.strip(), more="", also=())
        )
    return choice


def _last_progress(rows: Rows, events: Sequence[Event], used: AbstractSet[int]) -> int:
    """Return the last row, after the first event, on which work visibly went on; -1 if there is none."""
    if not events:
        return -1
    first = min(event.row for event in events)
    for row in range(len(rows) - 1, max(first, len(rows) - 3_000), -1):
        if (
            _PROGRESS.search(rows.raw[row][-400:])
            and row not in used
            and not is_platform(rows.clean(row).text)
        ):
            return row
    return -1


def _overcome(rows: Rows, choice: Choice, used: AbstractSet[int], went_on: int) -> Choice:
    """Return the choice; a shell without a command goes on, so what a program raised later outweighs it."""
    match, row = choice.event.match, choice.event.row
    if match is None or match.cause.category is not Category.CONTAINER_START or choice.event.raised:
        return choice
    between = range(row + 1, min(went_on, row + _SHELL_ROWS))
    spoken = sum(1 for at in between if at not in used and rows.clean(at).text.strip())
    return replace(choice, weight=choice.weight - _SURVIVED) if spoken >= _SHELL else choice


def _in_place(rows: Rows, event: Event, outcome: Outcome, progress: int, *, stuck: bool) -> int:
    weight = event.weight
    if not stuck and retried(rows, event):
        weight -= _RECOVERED
        if event.weight >= _AT_LEAST and event.match is not None:
            weight = max(weight, _MORE_THAN_NOTHING)
    if event.row < outcome.attempt:
        weight -= _EARLIER
    if event.row >= outcome.reprint:
        weight -= _REPRINTED
    if event.row < progress:
        weight -= _SURVIVED
    return weight
