"""Finds, cheaply, the few rows of a long log that are worth a closer look."""

from __future__ import annotations

import re

from bot.diagnosis.rows import Rows

#: Rare in a healthy log.
_STRONG = (
    "traceback", "exception", "fatal", "killed", "denied", "exhausted", "insufficient", "no such", "refused",
    "non-zero", "preempt", "quota", "out of memory", "out-of-memory", "oom", "no space", "forbidden", "unauthor",
    "segmentation", "core dumped", "abort", "panic", "sigkill", "sigterm", "giving up", "interrupt", "unavailable",
    "corrupt", "backoff", "evict", "watchdog", "errno", "not supported", "command not found", "called exit",
)  # fmt: skip
#: Also common in healthy logs (metrics, warnings, progress).
_WEAK = (
    "error", "fail", "exceed", "not found", "timed out", "timeout", "unable", "cannot", "could not", "couldn't",
    "can't", "invalid", "unsupported", "exit", "terminat", "signal", "cancel", "missing", "too many", "mismatch",
    "completed", "limit", "done", "finished", "does not", "not a ", "insufficient", "no matching", "conflict",
)  # fmt: skip
_STRUCTURE = re.compile(r"(?:^|[\s\]:>])(?:[A-Z]\w*Error\b|ERROR|FATAL|CRITICAL|[Ee]rror:|fatal:|E: )")
_MOST = 1_200


def interesting(rows: Rows) -> list[int]:
    """Returns, ascending, the rows to look at: all that hold a telling word, or where those are very many the
    first and the last of each kind (at most some thousands, however long the log is)."""
    strong, weak = set(rows.holding(_STRONG)), set(rows.holding(_WEAK))
    if len(weak) > 2 * _MOST:
        structured = sorted(row for row in weak if _STRUCTURE.search(rows.raw[row][:300]))
        weak = {*_ends(sorted(weak)), *_ends(structured)}
    return sorted({*_ends(sorted(strong)), *weak})


def _ends(found: list[int]) -> list[int]:
    return found if len(found) <= 2 * _MOST else found[:_MOST] + found[-_MOST:]
