"""Decides whether what wrote a log failed, and which part of the log its last attempt wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.diagnosis.parsing import platform
from bot.diagnosis.parsing.lines import Rows

_ATTEMPT_ENDS = re.compile(
    r"^Container called exit\(|^Container terminated on signal|^Terminating task because|"
    r"will restart worker group"
)
_REPRINT = re.compile(r"^.{0,4}(?:FATAL ERROR DETECTED|Full Log Context|━━━ Full Log)")


_SPEAKING = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended.

    `failed` is None where no line says so. `attempt` is the first row of the last attempt; `lost` are the
    rows in which the agent gave a launch up; `reprint` is the row from which on the wrapper repeats the
    log (the number of rows if it does not).
    """

    failed: bool | None
    attempt: int
    lost: tuple[int, ...]
    reprint: int


def judge(rows: Rows, hits: Sequence[int]) -> Outcome:
    """Returns the outcome that the hits (rows, ascending) tell."""
    failed: bool | None = None
    attempt, ends, lost, reprint = 0, [], [], len(rows)
    for row in hits:
        text = rows.clean(row).text.strip()
        if platform.failed(text):
            failed = True
        elif platform.succeeded(text):
            failed = False
        if platform.lost(text) and not platform.rehearsed(rows.raw[row]):
            lost.append(row)
        if _REPRINT.match(text):
            reprint = min(reprint, row)
        if _ATTEMPT_ENDS.match(text):
            ends.append(row)
    for end in ends:
        if sum(1 for row in range(end + 1, min(len(rows), end + 40)) if _speaks(rows, row)) >= _SPEAKING:
            attempt = end + 1
    return Outcome(failed, attempt, tuple(lost), reprint)


def _speaks(rows: Rows, row: int) -> bool:
    text = rows.clean(row).text.strip()
    return bool(text) and not platform.is_platform(text)
