"""Learns from a log's own tracebacks what its launcher writes before each line, whatever that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.diagnosis.parsing.prefixes import unwrap

TRACEBACK = "Traceback (most recent call last):"
_FRAME = '  File "'
#: Rows after a traceback's first in which its first frame stands, with other writers' rows between them.
_NEAR = 64
_LONGEST, _MOST = 60, 64


def learnt_prefixes(raw: Sequence[str], headers: Iterable[int]) -> tuple[str, ...]:
    """Returns what stands before the tracebacks that begin at the rows `headers`, the longest first.

    Something is a prefix ("worker-0 | ", "3: ") if the traceback's first frame has it too.
    """
    found: set[str] = set()
    for row in headers:
        before, header, _ = unwrap(raw[row]).text.rpartition(TRACEBACK)
        if not header or not before.strip(" |+") or len(before) > _LONGEST or before in found:
            continue
        if any(unwrap(text).text.startswith(before + _FRAME) for text in raw[row + 1 : row + 1 + _NEAR]):
            found.add(before)
        if len(found) >= _MOST:
            break
    return tuple(sorted(found, key=len, reverse=True))
