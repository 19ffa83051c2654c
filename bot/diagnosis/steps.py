"""Knows which step of a build failed: what other steps complained of, they got over."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.diagnosis.candidates import Event
from bot.diagnosis.parsing.lines import Rows

_FAILED = re.compile(r"build step (\d{1,3}) .{0,300}\bfailed", re.IGNORECASE)
_STEP = re.compile(r"\s*Step #(\d{1,3})(?: - \"|:)")
_MOST = 50


def of_other_steps(rows: Rows, events: Sequence[Event]) -> frozenset[int]:
    """Returns the rows of the events of steps that did not fail; none where no line names a failed step."""
    named = (_FAILED.search(rows.raw[row][:1_000]) for row in rows.holding(("build step ",), _MOST))
    failed = {found[1] for found in named if found is not None}
    if not failed:
        return frozenset()
    return frozenset(event.row for event in events if _step(rows, event) not in (None, *failed))


def _step(rows: Rows, event: Event) -> str | None:
    found = _STEP.match(rows.raw[event.row])
    return found[1] if found is not None else None
