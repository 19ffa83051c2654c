"""The headings of the tables with their counts, and the texts for empty tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.models.cloud import QueueItem
from bot.models.scan import Asking, Cell, Row, Section
from formatting import icons
from formatting.monitor.footers import unanswered

TITLES: Mapping[Section, str] = MappingProxyType(
    {
        Section.RUNNERS: "W&B Launch agent (runners)",
        Section.BUILDS: "Active Cloud Builds",
        Section.RECENT_BUILDS: "Recent Cloud Builds",
        Section.JOBS: "Vertex AI jobs",
        Section.RUNS: "Active W&B runs",
        Section.COMPLETED: "Completed W&B runs",
    },
)
_NOUNS: Mapping[Section, str] = MappingProxyType(
    {
        Section.RUNNERS: "runners",
        Section.BUILDS: "active builds",
        Section.RECENT_BUILDS: "recent builds",
        Section.JOBS: "jobs",
        Section.RUNS: "active runs",
        Section.COMPLETED: "completed runs",
    },
)


# The other sections query only the newest rows, so their total is not known.
_COUNTED = frozenset({Section.RUNNERS, Section.JOBS})


def heading(section: Section, rows: Sequence[Row], total: int, *, complete: bool) -> str:
    """Return the title with row counts by state: "Vertex AI jobs: 2 running, 1 failed (3 of 12)"."""
    if not rows:
        return TITLES[section]
    states = Counter(_state(row) for row in rows)
    counts = ", ".join(f"{number} {state}" for state, number in states.items())
    of = f" ({len(rows):,} of {total:,})" if total > len(rows) and section in _COUNTED else ""
    return f"{TITLES[section]}: {counts}{of}" + ("" if complete else ", not all answered")


def _state(row: Row) -> str:
    if isinstance(row, QueueItem):
        return "in queue"
    return icons.state_text(row.status if hasattr(row, "status") else row.state)


def empty_text(section: Section, cells: Sequence[Cell], *, filtered: bool = False) -> str:
    """Return the text for an empty table; "No ..." only when all cells answered.

    With `filtered` other rows may exist that the filter excludes.
    """
    noun = f"such {_NOUNS[section]}" if filtered else _NOUNS[section]
    missing = unanswered(cells)
    if not cells:
        return f"{_NOUNS[section].capitalize()} were not queried."
    if not missing:
        return f"No {noun}."
    if len(missing) == len(cells):
        if all(isinstance(cell.answer, Asking) for cell in missing):
            return f"Still asking for {noun}."
        return f"Could not ask for {noun}."
    return f"No {noun} where we got an answer."
