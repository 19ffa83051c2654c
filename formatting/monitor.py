"""The parent message of a scan: one line on what runs, what failed, and who did not answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.models.changes import Changes
from bot.models.scan import Asking, Cell, Scan, Section, Stale
from bot.models.shown import all_rows, at_work, ended_badly, failed_items, table_rows
from formatting import glyphs
from formatting.actions import MONITOR_REFRESH, join_ids, opening
from formatting.blocks import actions, button, context, link_button, section
from formatting.gaps import gaps, unanswered, where
from formatting.message import Message
from formatting.text import count, escape, listing, prose
from formatting.times import clock, date_in_text, duration

_WORKING: Mapping[Section, str] = MappingProxyType(
    {
        Section.RUNNERS: "runner",
        Section.BUILDS: "build",
        Section.JOBS: "job",
        Section.RUNS: "W&B run",
    },
)
_SILENCE = 1_500
_LATELY = timedelta(days=1)
_FAILING: Mapping[Section, str] = MappingProxyType(
    {
        Section.RUNNERS: "runner",
        Section.RECENT_BUILDS: "build",
        Section.JOBS: "job",
        Section.COMPLETED: "W&B run",
    },
)


def verdict(scan: Scan, now: datetime, *, console_url: str = "", since: Changes | None = None) -> Message:
    """What a scan found, in one line, with who did not answer, a Refresh button and the console's link.

    `now` stands in the line as the moment of the answer; `since` is what has changed after a refresh.
    """
    line, silence = verdict_line(scan), silent_line(scan)
    took = f"{'Scanning for' if scan.asking else 'Scanned in'} {scan.took:.1f} s"
    buttons = [
        button("Refresh", MONITOR_REFRESH, join_ids(*(one.value for one in scan.sections))),
        *link_button("Open console", opening("console"), console_url),
    ]
    news = changed_line(since) if since else ""
    lines = [prose(said, _SILENCE) for said in (only_line(scan), news, silence) if said]
    grey = [f"{took}, {date_in_text(now, '{time}')}.", *lines]
    blocks = (section(f"*{escape(line)}*"), context(*grey), *actions(buttons))
    said = " ".join(part for part in (line, f"{took}, {clock(now)}.", only_line(scan), news, silence) if part)
    return Message(text=prose(said, 2 * _SILENCE), blocks=blocks)


def verdict_line(scan: Scan) -> str:
    """What runs and what failed in one plain sentence; that nothing is known when nobody answered."""
    silent = unanswered(scan.cells)
    if scan.cells and len(silent) == len(scan.cells):
        if all(isinstance(cell.answer, Asking) for cell in silent):
            return "Still asking everybody."
        return "Nothing is known: nobody could be asked."
    working = _counts(scan, _WORKING, working=True)
    broken = (*_counts(scan, _FAILING, working=False), *_items(scan))
    runs = f"{listing(working, most=4)} at work" if working else "Nothing at work"
    failures = f"; {listing(broken, most=5)} failed" if broken else "; nothing failed lately"
    if not broken and not any(one in _FAILING for one in scan.sections):
        failures = ""
    mark = glyphs.FAILED if broken else glyphs.AT_WORK if working else glyphs.DONE
    lacking = any(not isinstance(cell.answer, Asking) for cell in silent)
    return f"{mark} {runs}{failures}{', as far as we were told' if lacking else ''}."


def changed_line(since: Changes) -> str:
    """What has changed since an earlier scan: "2 finished, 1 failed since 14:02 UTC."."""
    counts = ((since.finished, "finished"), (since.failed, "failed"), (since.appeared, "began"))
    said = ", ".join(f"{number:,} {word}" for number, word in counts if number)
    return f"{said or 'Nothing changed'} since {clock(since.since)}."


def only_line(scan: Scan) -> str:
    """Which rows are shown, when not all are wanted; else empty."""
    only = scan.only
    parts = (
        "launched by whoever asked" if only.mine else "",
        "failed" if only.failed else "",
        f"at work or seen since {clock(only.since)}" if only.since else "",
    )
    said = ", ".join(part for part in parts if part)
    return f"Only rows {said}." if said else ""


def _counts(scan: Scan, nouns: Mapping[Section, str], *, working: bool) -> tuple[str, ...]:
    counted: Counter[str] = Counter()
    for one in scan.sections:
        if one in nouns:
            rows = all_rows(scan, one) if working else table_rows(scan, one)
            counted[nouns[one]] += sum(map(at_work if working else ended_badly, rows))
    return tuple(count(number, noun) for noun, number in counted.items() if number)


def _items(scan: Scan) -> tuple[str, ...]:
    """Queue items that failed in the last day; W&B keeps the older ones for ever."""
    since = scan.started - _LATELY
    failed_lately = sum(item.created is not None and item.created > since for item in failed_items(scan))
    return (count(failed_lately, "queue item"),) if failed_lately else ()


def silent_line(scan: Scan) -> str:
    """Who did not answer, in plain sentences; empty when everybody did."""
    asking = scan.asking
    lost = tuple(cell for cell in unanswered(scan.cells) if not isinstance(cell.answer, Asking))
    old = tuple(cell for cell in scan.cells if isinstance(cell.answer, Stale))
    everything = len(lost) == len(scan.cells)
    parts = (
        f"Still asking {where(asking, scan.cells)}." if asking else "",
        _reasons(scan) if everything else f"No answer from {where(lost, scan.cells)}." if lost else "",
        f"Older rows from {where(old, scan.cells)}, up to {_oldest(old)} old." if old else "",
    )
    return " ".join(part for part in parts if part)


def _reasons(scan: Scan) -> str:
    """Why nobody answered: each reason once."""
    said = dict.fromkeys(line for one in scan.sections for line in gaps(scan, one))
    return " ".join(list(said)[:4])


def _oldest(cells: tuple[Cell, ...]) -> str:
    return duration(max(cell.answer.age for cell in cells if isinstance(cell.answer, Stale)))
