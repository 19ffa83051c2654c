"""Redacts and neutralises log entries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.redaction.control_chars import remove_hidden, resolve_carriage_returns
from bot.redaction.detector import detector
from bot.redaction.multiline import add_continuations
from bot.redaction.private_keys import private_keys
from bot.redaction.slack_markup import neutralise, restore_markup
from bot.redaction.spans import blank_out, blank_out_masks, mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.redaction.spans import Span

# A second pass finds secrets adjacent to a masked one; a third one hardly ever finds more.
_MAX_PASSES = 4
_CONTEXT_ENTRIES = 4
# Rows searched for keywords at once: a search through a whole log would hold up the other threads.
_ROWS_AT_ONCE = 500
_LINE_BREAKS = re.compile(r"([\r\n]++)")


def redact_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the log entries `lines` redacted as one text, one for one.

    Secrets that span entries are found too: private keys, a value below its label, a token split by a line
    width. Pass more entries than will be shown, so that a key that begins before them is recognised. Linear
    in the size of the log; raises nothing.
    """
    entries = [remove_hidden(line) for line in lines]
    ranges = [(0, len(entries))]
    for _ in range(_MAX_PASSES):
        before = list(entries)
        for start, end in ranges:
            entries[start:end] = [resolve_carriage_returns(entry) for entry in _redacted(entries[start:end])]
        # Masked or rewritten text may have hidden adjacent secrets: search around it again.
        ranges = _ranges_around(index for index, entry in enumerate(entries) if entry != before[index])
        if not ranges:
            break
    return tuple(entries)


def _ranges_around(changed: Iterable[int]) -> list[tuple[int, int]]:
    """Return the ranges of entries (start, end) around those that changed."""
    ranges: list[tuple[int, int]] = []
    for index in changed:
        start, end = max(0, index - _CONTEXT_ENTRIES), index + _CONTEXT_ENTRIES + 1
        if ranges and start <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((start, end))
    return ranges


def safe_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the log entries `lines`, one for one, redacted as one text and neutralised."""
    return tuple(neutralise(line) for line in redact_lines(lines))


def _redacted(entries: list[str]) -> list[str]:
    parts = [_LINE_BREAKS.split(entry) if "\n" in entry or "\r" in entry else [entry] for entry in entries]
    rows = [row for entry in parts for row in entry[::2]]
    found = _find_secrets([blank_out_masks(restore_markup(row)) for row in rows])
    if not found:
        return entries
    masked = iter(mask(row, found[index]) if index in found else row for index, row in enumerate(rows))
    for entry in parts:
        entry[::2] = [next(masked) for _ in entry[::2]]
    return ["".join(entry) for entry in parts]


def _find_secrets(rows: list[str]) -> dict[int, list[Span]]:
    """Return the secrets of each row that has any, by row index."""
    found: dict[int, list[Span]] = {}
    for index, span in private_keys(rows):
        found.setdefault(index, []).append(span)
    # Search the text beside a private key without the key, as it will be read.
    rows = [blank_out(row, found[index]) if index in found else row for index, row in enumerate(rows)]
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[first : first + _ROWS_AT_ONCE]
        relevant_rules = detector().restricted_to("\n".join(some))
        for index, row in enumerate(some, first):
            if spans := relevant_rules.secrets(row):
                found.setdefault(index, []).extend(spans)
    add_continuations(rows, found)
    return found
