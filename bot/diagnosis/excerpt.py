"""Redacts the entries around a root cause."""

from __future__ import annotations

from collections.abc import Sequence

from bot.redaction import safe_lines

#: Characters at each end of a long entry that are redacted, and that are shown. The difference exceeds the
#: length of any key, so that half a key is never shown as plain text.
_REDACTED, _SHOWN = 12_000, 8_000


def safe_entries(lines: Sequence[str]) -> list[str]:
    """Return the entries redacted as one text; long entries keep 8,000 characters of each end."""
    parts: list[str] = []
    part_counts: list[int] = []
    for line in lines:
        if len(line) > 2 * _REDACTED:
            parts += [line[:_REDACTED], line[-_REDACTED:]]
            part_counts.append(2)
        else:
            parts.append(line)
            part_counts.append(1)
    redacted = iter(safe_lines(parts))
    return [
        next(redacted) if count == 1 else f"{next(redacted)[:_SHOWN]} ... {next(redacted)[-_SHOWN:]}"
        for count in part_counts
    ]
