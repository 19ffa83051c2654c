"""Finds, cheaply, the few rows of a long log that are worth a closer look."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from bot.diagnosis.parsing.lines import LogLines
from bot.diagnosis.parsing.prefixes import HEAD, TAIL

#: Rare in a healthy log.
_STRONG = (
    "traceback", "exception", "fatal", "killed", "denied", "exhausted", "insufficient", "no such", "refused",
    "non-zero", "preempt", "quota", "of memory", "of-memory", "oom", "no space", "forbidden", "unauthor",
    "segmentation", "abort", "panic", "sigk", "giving up", "interrupt", "unavailable", "corrupt", "back-off",
    "evict", "not supported", "unbound",
)  # fmt: skip
#: Also common in healthy logs (metrics, warnings, progress).
_WEAK = (
    "error", "fail", "exceed", "not found", "timed out", "timeout", "unable", "cannot", "could not",
    "couldn't", "can't", "invalid", "unsupported", "exit", "terminat", "signal", "cancel", "missing",
    "too many", "mismatch", "does not", "no matching", "conflict",
)  # fmt: skip
#: Where the weak words are very many, the spellings that a program gives its own errors.
_SPELT = ("ERROR", "FATAL", "CRITICAL", "Error: ", "error: ", "E: ")
_MOST = 500
_LAST = 80
#: Rows of a log that is looked at whole.
_SHORT = 1_500
#: Characters that are looked at, at most.
_CHARACTERS = 600_000


def select_rows(rows: LogLines) -> list[int]:
    """Return returns, ascending, the rows to look at: at most some thousands, however long the log is.

    Of a short log all. Of others those that hold a telling word, or where these are very many the first and
    the last of each kind, and the last rows of all.
    """
    if len(rows) <= _SHORT:
        return _affordable(rows, list(range(len(rows))))
    strong, weak = rows.containing(_STRONG, _MOST), rows.containing(_WEAK, _MOST)
    if len(weak) >= 2 * _MOST:
        weak = {*_ends(weak), *_ends(rows.containing_exact(_SPELT, _MOST))}
    last = range(max(0, len(rows) - _LAST), len(rows))
    return _affordable(rows, sorted({*_ends(strong), *weak, *last}))


def _affordable(rows: LogLines, found: list[int]) -> list[int]:
    """Return the rows, or of very long ones as many first and last rows as may be looked at."""
    lengths = [min(len(rows.raw[row]), HEAD + TAIL) for row in found]
    if sum(lengths) <= _CHARACTERS:
        return found
    half = _CHARACTERS // 2
    first = bisect_right(list(accumulate(lengths)), half)
    last = bisect_right(list(accumulate(reversed(lengths))), half)
    return found[:first] + found[-last:]


def _ends(found: set[int]) -> list[int]:
    ordered = sorted(found)
    return ordered if len(ordered) <= 2 * _MOST else ordered[:_MOST] + ordered[-_MOST:]
