"""The rows behind a table: as `bot.models.shown` chooses, without queue items that are over."""

from __future__ import annotations

from collections.abc import Sequence

from bot.models.cloud import QueueItem, QueueItemState, Run, RunState
from bot.models.scan import Row, Scan, Section
from bot.models.shown import at_work as is_active
from bot.models.shown import rows_of, shown_rows

_RUNS_AT_WORK = frozenset(
    {RunState.PENDING, RunState.LEASED, RunState.CLAIMED, RunState.RUNNING, RunState.PREEMPTING}
)


def all_rows(scan: Scan, section: Section) -> tuple[Row, ...]:
    """Every row that came for a section, newest first."""
    return _without_echoes(rows_of(scan, section))


def table_rows(scan: Scan, section: Section) -> tuple[Row, ...]:
    """The rows of one table: the newest, and behind them every row at work, however old."""
    return _without_echoes(shown_rows(scan, section))


def failed_items(scan: Scan) -> tuple[QueueItem, ...]:
    """The queue items that failed, newest first."""
    rows = rows_of(scan, Section.RUNS)
    return tuple(row for row in rows if isinstance(row, QueueItem) and _over(row))


def at_work(row: Row) -> bool:
    """Whether it is waiting or working, as far as we can tell; of W&B's rows too."""
    if isinstance(row, Run):
        return row.state in _RUNS_AT_WORK
    return not _over(row) if isinstance(row, QueueItem) else is_active(row)


def _without_echoes(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Without queue items whose run is there too, and without failed ones: those run no more."""
    runs = {row.run_id for row in rows if isinstance(row, Run)}
    return tuple(
        row for row in rows if not (isinstance(row, QueueItem) and (_over(row) or row.run_id in runs))
    )


def _over(item: QueueItem) -> bool:
    return item.state is QueueItemState.FAILED
