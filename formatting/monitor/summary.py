"""The parent message of a scan: one line on what runs, what failed, and who did not answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from bot.models.cloud import QueueItem
from bot.models.scan import Asking, Cell, Scan, Section, Stale
from bot.models.scan_diff import Changes
from bot.models.scan_rows import all_rows, at_work, ended_badly, items_failed_lately, table_rows
from formatting import icons
from formatting.message import Message
from formatting.monitor.footers import gaps, unanswered, where
from formatting.slack.action_ids import MONITOR_REFRESH, join_ids, opening
from formatting.slack.blocks import actions, button, context, link_button, section
from formatting.slack.text import count, escape, listing, prose
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
_FAILING: Mapping[Section, str] = MappingProxyType(
    {
        Section.RUNNERS: "runner",
        Section.RECENT_BUILDS: "build",
        Section.JOBS: "job",
        Section.COMPLETED: "W&B run",
    },
)


def verdict(scan: Scan, now: datetime, *, console_url: str = "", since: Changes | None = None) -> Message:
    """Return what a scan found, in one line, with who did not answer, a Refresh button and the console's link.

    `now` stands in the line as the moment of the answer; `since` is what has changed after a refresh.
    """
    line, silence = verdict_line(scan), silent_line(scan)
    took = f"{'Scanning for' if scan.asking else 'Scanned in'} {scan.took:.1f} s"
    buttons = [
        button("Refresh", MONITOR_REFRESH, join_ids(*(one.value for one in scan.sections))),
        *link_button("Open console", opening("console"), console_url),
    ]
    # Each reader's own zone in the blocks, UTC in plain text.
    grey = (*_moments(scan, took, now, since, _own_time), prose(silence, _SILENCE))
    shown = context(*(part for part in grey if part))
    plain = (line, *_moments(scan, took, now, since, clock), silence)
    return Message(
        text=prose(" ".join(part for part in plain if part), 2 * _SILENCE),
        blocks=(section(f"*{escape(line)}*"), shown, *actions(buttons)),
    )


def _moments(
    scan: Scan, took: str, now: datetime, since: Changes | None, when: Callable[[datetime], str]
) -> tuple[str, ...]:
    """Return the lines that name a time: how long the scan took, what has changed, and which rows are meant."""
    return (f"{took}, {when(now)}.", changed_line(since, when) if since else "", only_line(scan, when))


def verdict_line(scan: Scan) -> str:
    """Return what runs and what failed in one plain sentence; that nothing is known when nobody answered."""
    if _nothing_known(scan):
        return working_line(scan)
    broken = (*_counts(scan, _FAILING, working=False), *_items(scan))
    failures = f"; {listing(broken, most=5)} failed" if broken else "; nothing failed lately"
    if not broken and not any(one in _FAILING for one in scan.sections):
        failures = ""
    return _sentence(scan, failures, failed=bool(broken))


def working_line(scan: Scan) -> str:
    """Return what runs in one plain sentence; that nothing is known when nobody answered."""
    if _nothing_known(scan):
        if all(isinstance(cell.answer, Asking) for cell in scan.cells):
            return "Still asking everybody."
        return "Nothing is known: nobody could be asked."
    return _sentence(scan, "", failed=False)


def _nothing_known(scan: Scan) -> bool:
    return bool(scan.cells) and len(unanswered(scan.cells)) == len(scan.cells)


def _sentence(scan: Scan, failures: str, *, failed: bool) -> str:
    working = _counts(scan, _WORKING, working=True)
    runs = f"{listing(working, most=5)} at work" if working else "Nothing at work"
    mark = icons.FAILED if failed else icons.AT_WORK if working else icons.DONE
    lacking = any(not isinstance(cell.answer, Asking) for cell in unanswered(scan.cells))
    return f"{mark} {runs}{failures}{', as far as we were told' if lacking else ''}."


def _own_time(at: datetime) -> str:
    return date_in_text(at, "{time}")


def changed_line(since: Changes, when: Callable[[datetime], str] = clock) -> str:
    """Return what has changed since an earlier scan: "2 finished, 1 failed since 14:02 UTC."."""
    if since.since is None:
        return "What has changed is not known: what stood here before was not kept."
    counts = (
        (since.finished, "finished"),
        (since.failed, "failed"),
        (since.appeared, "began"),
        (since.gone, "no longer listed"),
    )
    said = ", ".join(f"{number:,} {word}" for number, word in counts if number)
    where = " where both scans got an answer" if since.partial else ""
    return f"{said or 'Nothing changed'} since {when(since.since)}{where}."


def only_line(scan: Scan, when: Callable[[datetime], str] = clock) -> str:
    """Which rows are shown, when not all are wanted; else empty."""
    only = scan.only
    parts = (
        "launched by whoever asked" if only.mine else "",
        "failed" if only.failed else "",
        f"at work or seen since {when(only.since)}" if only.since else "",
    )
    said = ", ".join(part for part in parts if part)
    return f"Only rows {said}." if said else ""


def _counts(scan: Scan, nouns: Mapping[Section, str], *, working: bool) -> tuple[str, ...]:
    counted: Counter[str] = Counter()
    for one in scan.sections:
        if one in nouns:
            rows = all_rows(scan, one) if working else table_rows(scan, one)
            for row in filter(at_work if working else ended_badly, rows):
                counted["queue item" if isinstance(row, QueueItem) else nouns[one]] += 1
    return tuple(count(number, noun) for noun, number in counted.items() if number)


def _items(scan: Scan) -> tuple[str, ...]:
    failed = len(items_failed_lately(scan))
    return (count(failed, "queue item"),) if failed else ()


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
