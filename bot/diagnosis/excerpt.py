"""The entries around a root cause, redacted and neutralised before anything is made of them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.redaction import safe_lines

#: Characters of an entry that are looked at (a head and a tail of this length), and that are shown.
#: The rest between them is longer than any key, so that no half of one is taken for plain text.
_LOOKED_AT, _SHOWN = 12_000, 8_000


def safe_entries(lines: Sequence[str]) -> list[str]:
    """Return as many entries, redacted as one text; long ones keep 8,000 characters of each end."""
    pieces: list[str] = []
    halves: list[int] = []
    for line in lines:
        if len(line) > 2 * _LOOKED_AT:
            pieces += [line[:_LOOKED_AT], line[-_LOOKED_AT:]]
            halves.append(2)
        else:
            pieces.append(line)
            halves.append(1)
    told = iter(safe_lines(pieces))
    return [
        next(told) if half == 1 else f"{next(told)[:_SHOWN]} ... {next(told)[-_SHOWN:]}" for half in halves
    ]
