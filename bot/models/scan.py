"""The result of a scan: one cell for each region and service, and what the logs added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.models.cloud import Build, CustomJob, Execution, QueueItem, Run
from bot.models.diagnosis import Diagnosis
from bot.models.errors import Problem


class Service(StrEnum):
    """The query of a cell."""

    RUNNERS = "runners"
    BUILDS_ACTIVE = "builds"
    BUILDS_RECENT = "recent-builds"
    JOBS = "jobs"
    RUNS_ACTIVE = "runs"
    QUEUE_ITEMS = "queue-items"
    RUNS_COMPLETED = "completed"


class Section(StrEnum):
    """The six tables in display order; the values are the words that users type."""

    RUNNERS = "runners"
    BUILDS = "builds"
    RECENT_BUILDS = "recent-builds"
    JOBS = "jobs"
    RUNS = "runs"
    COMPLETED = "completed"


SERVICES_OF: dict[Section, tuple[Service, ...]] = {
    Section.RUNNERS: (Service.RUNNERS,),
    Section.BUILDS: (Service.BUILDS_ACTIVE,),
    Section.RECENT_BUILDS: (Service.BUILDS_RECENT,),
    Section.JOBS: (Service.JOBS,),
    Section.RUNS: (Service.RUNS_ACTIVE, Service.QUEUE_ITEMS),
    Section.COMPLETED: (Service.RUNS_COMPLETED,),
}

Row: TypeAlias = Execution | CustomJob | Build | Run | QueueItem


@dataclass(frozen=True, slots=True)
class Rows:
    """The query returned rows, newest first."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """The query returned no rows."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The query failed."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The query returned nothing within `after` seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class Stale:
    """The query failed; the rows are from a query `age` seconds ago."""

    rows: tuple[Row, ...]
    age: float
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """The query is still running."""


Answer: TypeAlias = Rows | Nothing | Failed | TimedOut | Stale | Asking


@dataclass(frozen=True, slots=True)
class Cell:
    """The result of one service in one region."""

    service: Service
    region: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class RunnerLog:
    """What the log query found for a runner: the number of its runs (None: not found), and a note."""

    execution: str
    runs: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The log of a failed row is being read."""


@dataclass(frozen=True, slots=True)
class Unread:
    """The log of a failed row could not be read; `reason` is a sentence."""

    reason: str


Finding: TypeAlias = Diagnosis | Reading | Unread


@dataclass(frozen=True, slots=True)
class RowDiagnosis:
    """The diagnosis of the failed row with this id (execution name, job id or build id).

    `log_url` opens its log.
    """

    row_id: str
    finding: Finding
    log_url: str = ""


@dataclass(frozen=True, slots=True)
class AppliedFilter:
    """The filter that was applied to a scan: own rows, failed rows, rows active or newer than `since`."""

    mine: bool = False
    failed: bool = False
    since: datetime | None = None


NO_FILTER = AppliedFilter()


@dataclass(frozen=True, slots=True)
class Scan:
    """A complete or partial scan; `took` is in seconds. `logs_problem` is set if the log query failed.

    `applied_filter` is the filter of its rows. `sorted_rows` and `shown_rows` are caches of
    `bot.models.scan_rows`: a dozen callers read each section's rows, and a scan never changes.
    """

    started: datetime
    took: float
    cells: tuple[Cell, ...]
    sections: tuple[Section, ...] = tuple(Section)
    logs: tuple[RunnerLog, ...] = ()
    logs_problem: Problem | None = None
    found: tuple[RowDiagnosis, ...] = ()
    applied_filter: AppliedFilter = NO_FILTER
    sorted_rows: dict[Section, tuple[Row, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    shown_rows: dict[Section, tuple[Row, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def of(self, section: Section) -> Iterator[Cell]:
        """Return the cells of one section, in query order."""
        wanted = SERVICES_OF[section]
        return (cell for cell in self.cells if cell.service in wanted)

    @property
    def asking(self) -> tuple[Cell, ...]:
        """The cells with a running query."""
        return tuple(cell for cell in self.cells if isinstance(cell.answer, Asking))
