"""The tables' headings with their counts, and the words for a table without rows."""

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


# Of the others only the newest are asked for, so that their true number is not known.
_COUNTED = frozenset({Section.RUNNERS, Section.JOBS})


def heading(section: Section, kept: Sequence[Row], came: int, *, complete: bool) -> str:
    """Return the title with counts of the rows below by state: "Vertex AI jobs: 2 running, 1 failed (3 of 12)"."""
    if not kept:
        return TITLES[section]
    states = Counter(_state(row) for row in kept)
    counts = ", ".join(f"{number} {state}" for state, number in states.items())
    of = f" ({len(kept):,} of {came:,})" if came > len(kept) and section in _COUNTED else ""
    return f"{TITLES[section]}: {counts}{of}" + ("" if complete else ", not all answered")


def _state(row: Row) -> str:
    if isinstance(row, QueueItem):
        return "in queue"
    return icons.words(row.status if hasattr(row, "status") else row.state)


def nothing(section: Section, cells: Sequence[Cell], *, narrowed: bool = False) -> str:
    """Return the words for a table without rows: "none" only when everybody answered so.

    With `narrowed` there may be others than those that were asked for.
    """
    noun = f"such {_NOUNS[section]}" if narrowed else _NOUNS[section]
    silent = unanswered(cells)
    if not cells:
        return f"Nobody was asked for {noun}."
    if not silent:
        return f"No {noun}."
    if len(silent) == len(cells):
        if all(isinstance(cell.answer, Asking) for cell in silent):
            return f"Still asking for {noun}."
        return f"Could not ask for {noun}."
    return f"No {noun} where we got an answer."
