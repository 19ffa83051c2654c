"""What a scan could not find out, as sentences with their mends: one for each reason, not for each region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.models.regions import GLOBAL_LOCATION, NO_REGION
from bot.models.scan import Asking, Cell, Failed, Scan, Section, Service, Stale, TimedOut
from formatting.failure.api_problems import WANDB, what, with_mend
from formatting.slack.text import listing, sentence
from formatting.times import duration

# What a cell does, the system it asks, and the permission that it needs (facts of the services' own pages:
# https://cloud.google.com/iam/docs/permissions-reference).
_ASKS: Mapping[Service, tuple[str, str, str]] = MappingProxyType(
    {
        Service.RUNNERS: ("list executions", "Cloud Run", "run.executions.list"),
        Service.BUILDS_ACTIVE: ("list builds", "Cloud Build", "cloudbuild.builds.list"),
        Service.BUILDS_RECENT: ("list builds", "Cloud Build", "cloudbuild.builds.list"),
        Service.JOBS: ("list custom jobs", "Vertex AI", "aiplatform.customJobs.list"),
        Service.RUNS_ACTIVE: ("list runs", WANDB, ""),
        Service.QUEUE_ITEMS: ("list queue items", WANDB, ""),
        Service.RUNS_COMPLETED: ("list runs", WANDB, ""),
    },
)

_NO_REGIONS = frozenset({GLOBAL_LOCATION, WANDB})


def gaps(scan: Scan, section: Section) -> tuple[str, ...]:
    """Return a sentence for each reason why rows of a section are missing or old; empty when all answered."""
    cells = tuple(scan.of(section))
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        said = _said(cell)
        if said:
            groups.setdefault(said, []).append(cell)
    return tuple(_line(said, group, cells) for said, group in groups.items())


def unanswered(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Return the cells without an answer that can be trusted: failed, timed out or still being asked."""
    return tuple(cell for cell in cells if isinstance(cell.answer, Failed | TimedOut | Asking))


def where(cells: Sequence[Cell], asked: Sequence[Cell]) -> str:
    """Return the places of these cells in words: "us-east1 and us-west1", "all 18 regions and global", "W&B"."""
    places = tuple(dict.fromkeys(_place(cell) for cell in cells))
    regions = tuple(place for place in places if place not in _NO_REGIONS)
    everywhere = {_place(cell) for cell in asked} - _NO_REGIONS
    if len(regions) > 1 and set(regions) == everywhere:
        others = tuple(place for place in places if place in _NO_REGIONS)
        return listing((f"all {len(regions)} regions", *others))
    return listing(places)


def _place(cell: Cell) -> str:
    return _ASKS[cell.service][1] if cell.region == NO_REGION else cell.region


def _line(said: str, group: Sequence[Cell], asked: Sequence[Cell]) -> str:
    places = where(group, asked)
    if isinstance(group[0].answer, Asking):
        return f"Still asking {places}."
    if places == WANDB:
        # It has no places: it is named once, by the sentence itself where that names it.
        return sentence(said[0].upper() + said[1:] if WANDB in said else f"{WANDB}: {said}")
    return sentence(f"{places[0].upper() + places[1:] if places.startswith('all ') else places}: {said}")


def _said(cell: Cell) -> str:
    """Return what is wrong with a cell; equal words make one group. Empty when nothing is."""
    doing, system, permission = _ASKS[cell.service]
    match cell.answer:
        case Asking():
            return "asking"
        case TimedOut(after):
            return f"no answer from {system} within {duration(after)}; try again in a minute"
        case Stale(_, age, problem):
            why = f" ({what(problem, doing)})" if problem else ""
            return f"not asked now{why}; these rows are {duration(age)} old"
        case Failed(problem):
            return with_mend(problem, doing, permission)
        case _:
            return ""
