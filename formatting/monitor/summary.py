"""The parent message of a scan: what is running, what failed, and which services did not answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from bot.models.cloud import QueueItem
from bot.models.regions import NO_REGION
from bot.models.scan import Asking, Cell, Scan, Section, Stale
from bot.models.scan_diff import Changes
from bot.models.scan_rows import all_rows, has_failed, is_active, recently_failed_items, table_rows
from formatting import icons
from formatting.failure.api_problems import WANDB
from formatting.message import Message
from formatting.monitor.footers import footers, locations_text, unanswered
from formatting.slack.action_ids import MONITOR_REFRESH, join_ids, open_page_id
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
_UNANSWERED = 1_500
_FAILING: Mapping[Section, str] = MappingProxyType(
    {
        Section.RUNNERS: "runner",
        Section.RECENT_BUILDS: "build",
        Section.JOBS: "job",
        Section.COMPLETED: "W&B run",
    },
)


def verdict(scan: Scan, now: datetime, *, console_url: str = "", since: Changes | None = None) -> Message:
    """Return the result of a scan in one line, unanswered services, a Refresh button and a console link.

    `now` is shown as the time of the result; `since` holds the changes after a refresh.
    """
    line, missing = verdict_line(scan), unanswered_line(scan)
    took = f"{'Scanning for' if scan.asking else 'Scanned in'} {scan.took:.1f} s"
    buttons = [
        button("Refresh", MONITOR_REFRESH, join_ids(*(one.value for one in scan.sections))),
        *link_button("Open console", open_page_id("console"), console_url),
    ]
    # Times are in each reader's own time zone in the blocks, and in UTC in plain text.
    details = (*_time_lines(scan, took, now, since, _local_time), prose(missing, _UNANSWERED))
    shown = context(*(part for part in details if part))
    plain = (line, *_time_lines(scan, took, now, since, clock), missing)
    return Message(
        text=prose(" ".join(part for part in plain if part), 2 * _UNANSWERED),
        blocks=(section(f"*{escape(line)}*"), shown, *actions(buttons)),
    )


def _time_lines(
    scan: Scan, took: str, now: datetime, since: Changes | None, when: Callable[[datetime], str]
) -> tuple[str, ...]:
    """Return the lines with times: the scan's duration, the changes, and the row filter."""
    return (f"{took}, {when(now)}.", changes_line(since, when) if since else "", filter_line(scan, when))


def verdict_line(scan: Scan) -> str:
    """Return what is running and what failed in one plain sentence, or that no service answered."""
    if _is_unanswered(scan):
        return activity_line(scan)
    failed = (*_counts(scan, _FAILING, working=False), *_items(scan))
    failures = f"; {listing(failed, most=5)} failed" if failed else "; nothing failed lately"
    if not failed and not any(one in _FAILING for one in scan.sections):
        failures = ""
    return _sentence(scan, failures, failed=bool(failed))


def activity_line(scan: Scan) -> str:
    """Return what is running in one plain sentence, or that no service answered."""
    if _is_unanswered(scan):
        if all(isinstance(cell.answer, Asking) for cell in scan.cells):
            return "Still asking everybody."
        return "Nothing is known: nobody could be asked."
    return _sentence(scan, "", failed=False)


def _is_unanswered(scan: Scan) -> bool:
    return bool(scan.cells) and len(unanswered(scan.cells)) == len(scan.cells)


def _sentence(scan: Scan, failures: str, *, failed: bool) -> str:
    working = _counts(scan, _WORKING, working=True)
    runs = f"{listing(working, most=5)} at work" if working else "Nothing at work"
    mark = icons.FAILED if failed else icons.AT_WORK if working else icons.DONE
    return f"{mark} {runs}{failures}{_incomplete_note(scan)}."


def _incomplete_note(scan: Scan) -> str:
    failed = [cell for cell in unanswered(scan.cells) if not isinstance(cell.answer, Asking)]
    if not failed:
        return ""
    regional = any(cell.region != NO_REGION for cell in failed)
    return f" ({'some regions' if regional else WANDB} did not answer)"


def _local_time(at: datetime) -> str:
    return date_in_text(at, "{time}")


def changes_line(since: Changes, when: Callable[[datetime], str] = clock) -> str:
    """Return what has changed since an earlier scan: "2 finished, 1 failed since 14:02 UTC."."""
    if since.since is None:
        return "What has changed is not known: what stood here before was not kept."
    counts = (
        (since.finished, "finished"),
        (since.failed, "failed"),
        (since.appeared, "began"),
        (since.gone, "no longer listed"),
    )
    text = ", ".join(f"{number:,} {word}" for number, word in counts if number)
    where = " where both scans got an answer" if since.partial else ""
    return f"{text or 'Nothing changed'} since {when(since.since)}{where}."


def filter_line(scan: Scan, when: Callable[[datetime], str] = clock) -> str:
    """Return the filter of the rows in words; empty when all rows are shown."""
    only = scan.applied_filter
    parts = (
        "launched by whoever asked" if only.mine else "",
        "failed" if only.failed else "",
        f"at work or seen since {when(only.since)}" if only.since else "",
    )
    text = ", ".join(part for part in parts if part)
    return f"Only rows {text}." if text else ""


def _counts(scan: Scan, nouns: Mapping[Section, str], *, working: bool) -> tuple[str, ...]:
    counted: Counter[str] = Counter()
    for one in scan.sections:
        if one in nouns:
            rows = all_rows(scan, one) if working else table_rows(scan, one)
            for row in filter(is_active if working else has_failed, rows):
                counted["queue item" if isinstance(row, QueueItem) else nouns[one]] += 1
    return tuple(count(number, noun) for noun, number in counted.items() if number)


def _items(scan: Scan) -> tuple[str, ...]:
    failed = len(recently_failed_items(scan))
    return (count(failed, "queue item"),) if failed else ()


def unanswered_line(scan: Scan) -> str:
    """Return which services and regions did not answer, in plain sentences; empty when all did."""
    asking = scan.asking
    failed = tuple(cell for cell in unanswered(scan.cells) if not isinstance(cell.answer, Asking))
    stale = tuple(cell for cell in scan.cells if isinstance(cell.answer, Stale))
    everything = len(failed) == len(scan.cells)
    parts = (
        f"Still asking {locations_text(asking, scan.cells)}." if asking else "",
        _reasons(scan)
        if everything
        else f"No answer from {locations_text(failed, scan.cells)}."
        if failed
        else "",
        f"Older rows from {locations_text(stale, scan.cells)}, up to {_oldest(stale)} old." if stale else "",
    )
    return " ".join(part for part in parts if part)


def _reasons(scan: Scan) -> str:
    """Return why no service answered, each reason once."""
    text = dict.fromkeys(line for one in scan.sections for line in footers(scan, one))
    return " ".join(list(text)[:4])


def _oldest(cells: tuple[Cell, ...]) -> str:
    return duration(max(cell.answer.age for cell in cells if isinstance(cell.answer, Stale)))
