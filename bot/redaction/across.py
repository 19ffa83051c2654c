"""Secrets that go on in the next row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.redaction.labels import Label, label_at_end, labelled_values
from bot.redaction.multiline import Broken, broken_at_end, follow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.redaction.spans import Span


def add_continuations(rows: Sequence[str], found: dict[int, list[Span]]) -> None:
    """Add to `found` (row index: spans) what next rows hold of a secret that the end of a row broke.

    Blank rows are passed over; each row is looked at once more, so the time is linear.
    """
    label: Label | None = None
    broken: Broken | None = None
    for index, row in enumerate(rows):
        if not row.strip(" \t"):
            continue
        if label and (values := labelled_values(row, label)):
            found.setdefault(index, []).extend(values)
            # What reads like a label may be the beginning of a token that the row's end broke.
            broken = follow(row, index, found, broken) if broken and not broken.kind else None
        elif broken:
            broken = follow(row, index, found, broken)
        spans = found.get(index, ())
        label = label_at_end(row, spans)
        broken = broken or broken_at_end(row, index, spans)
