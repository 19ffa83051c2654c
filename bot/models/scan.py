"""The answer of a scan: one cell for each region and service, and what the logs added."""

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
    """What one cell asks for."""

    RUNNERS = "runners"
    BUILDS_ACTIVE = "builds"
    BUILDS_RECENT = "recent-builds"
    JOBS = "jobs"
    RUNS_ACTIVE = "runs"
    QUEUE_ITEMS = "queue-items"
    RUNS_COMPLETED = "completed"


class Section(StrEnum):
    """The six tables, in the order in which they are shown; the values are the words people type."""

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
    """The system answered with rows, newest first."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """The system answered that there is nothing."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The system answered with an error."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The system did not answer within `after` seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class Stale:
    """The system could not be asked now; the rows are `age` seconds old."""

    rows: tuple[Row, ...]
    age: float
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """The system was asked and has not answered yet; the scan goes on."""


Answer: TypeAlias = Rows | Nothing | Failed | TimedOut | Stale | Asking


@dataclass(frozen=True, slots=True)
class Cell:
    """One region x service of a scan."""

    service: Service
    region: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class RunnerLog:
    """What the scan's one log query said of a runner: the wrapper's count of runs, None if unseen."""

    execution: str
    runs: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A failed row's log is being read."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A failed row's log could not be read, or cannot be (`reason` is a sentence)."""

    reason: str


Finding: TypeAlias = Diagnosis | Reading | Unread


@dataclass(frozen=True, slots=True)
class RowDiagnosis:
    """What is known of the failure of the row with this id (execution name, job id or build id).

    `log_url` opens the log at that time and region.
    """

    row_id: str
    finding: Finding
    log_url: str = ""


@dataclass(frozen=True, slots=True)
class Only:
    """Which rows of a scan are wanted: of one person, failed ones, at work or newer than `since`."""

    mine: bool = False
    failed: bool = False
    since: datetime | None = None


EVERYTHING = Only()


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan as far as it has come; `took` is in seconds. `logs_problem` is set when the log query failed.

    `only` tells what its rows were narrowed to. `in_order` and `in_table` are room for `bot.models.shown`
    to keep each section's rows: a dozen readers ask for them, and a scan never changes.
    """

    started: datetime
    took: float
    cells: tuple[Cell, ...]
    sections: tuple[Section, ...] = tuple(Section)
    logs: tuple[RunnerLog, ...] = ()
    logs_problem: Problem | None = None
    found: tuple[RowDiagnosis, ...] = ()
    only: Only = EVERYTHING
    in_order: dict[Section, tuple[Row, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    in_table: dict[Section, tuple[Row, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def of(self, section: Section) -> Iterator[Cell]:
        """The cells that feed one section, in the order asked."""
        wanted = SERVICES_OF[section]
        return (cell for cell in self.cells if cell.service in wanted)

    @property
    def asking(self) -> tuple[Cell, ...]:
        """The cells that have not answered yet."""
        return tuple(cell for cell in self.cells if isinstance(cell.answer, Asking))
