"""Finds, cheaply, the few rows of a long log that are worth a closer look."""

from __future__ import annotations

from bot.diagnosis.rows import Rows

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


def interesting(rows: Rows) -> list[int]:
    """Returns, ascending, the rows to look at: at most some thousands, however long the log is.

    All that hold a telling word, or where those are very many the first and the last of each kind, and the
    last rows of all.
    """
    strong, weak = set(rows.holding(_STRONG)), set(rows.holding(_WEAK))
    if len(weak) > 2 * _MOST:
        spelt = set(rows.spelling(_SPELT))
        weak = {*_ends(weak), *_ends(spelt)}
    last = range(max(0, len(rows) - _LAST), len(rows))
    return sorted({*_ends(strong), *weak, *last})


def _ends(found: set[int]) -> list[int]:
    ordered = sorted(found)
    return ordered if len(ordered) <= 2 * _MOST else ordered[:_MOST] + ordered[-_MOST:]
