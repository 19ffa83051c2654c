"""Selects, at low cost, the rows of a long log that are worth parsing."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from bot.diagnosis.parsing.lines import LogLines
from bot.diagnosis.parsing.prefixes import HEAD, TAIL

#: Keywords that are rare in a healthy log.
_STRONG = (
    "traceback", "exception", "fatal", "killed", "denied", "exhausted", "insufficient", "no such", "refused",
    "non-zero", "preempt", "quota", "of memory", "of-memory", "oom", "no space", "forbidden", "unauthor",
    "segmentation", "abort", "panic", "sigk", "giving up", "interrupt", "unavailable", "corrupt", "back-off",
    "evict", "not supported", "unbound",
)  # fmt: skip
#: Keywords that are also common in healthy logs (metrics, warnings, progress).
_WEAK = (
    "error", "fail", "exceed", "not found", "timed out", "timeout", "unable", "cannot", "could not",
    "couldn't", "can't", "invalid", "unsupported", "exit", "terminat", "signal", "cancel", "missing",
    "too many", "mismatch", "does not", "no matching", "conflict",
)  # fmt: skip
#: Exact spellings of error labels, used in addition if the weak keywords are very frequent.
_EXACT = ("ERROR", "FATAL", "CRITICAL", "Error: ", "error: ", "E: ")
_MAX_ROWS = 500
_LAST_ROWS = 80
#: Maximum number of rows of a log that is parsed completely.
_SHORT_LOG = 1_500
#: Maximum number of characters to parse.
_MAX_CHARACTERS = 600_000


def select_rows(rows: LogLines) -> list[int]:
    """Return the rows to parse, ascending: at most some thousands, however long the log is.

    Short logs are parsed completely. Of longer ones the rows with a keyword are taken (the first and the last
    of them if there are very many), and the last rows of the log.
    """
    if len(rows) <= _SHORT_LOG:
        return _within_limit(rows, list(range(len(rows))))
    strong, weak = rows.containing(_STRONG, _MAX_ROWS), rows.containing(_WEAK, _MAX_ROWS)
    if len(weak) >= 2 * _MAX_ROWS:
        weak = {*_first_and_last(weak), *_first_and_last(rows.containing_exact(_EXACT, _MAX_ROWS))}
    last = range(max(0, len(rows) - _LAST_ROWS), len(rows))
    return _within_limit(rows, sorted({*_first_and_last(strong), *weak, *last}))


def _within_limit(rows: LogLines, found: list[int]) -> list[int]:
    """Return the rows; if they hold too many characters, only the first and last ones that fit."""
    lengths = [min(len(rows.raw[row]), HEAD + TAIL) for row in found]
    if sum(lengths) <= _MAX_CHARACTERS:
        return found
    half = _MAX_CHARACTERS // 2
    first = bisect_right(list(accumulate(lengths)), half)
    last = bisect_right(list(accumulate(reversed(lengths))), half)
    return found[:first] + found[-last:]


def _first_and_last(found: set[int]) -> list[int]:
    """Return the rows in order; only the first and last 500 if there are more than 1,000."""
    ordered = sorted(found)
    return ordered if len(ordered) <= 2 * _MAX_ROWS else ordered[:_MAX_ROWS] + ordered[-_MAX_ROWS:]
