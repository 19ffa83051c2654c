"""Footers of the tables: why rows are missing or old, one sentence for each reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.models.regions import GLOBAL_LOCATION, NO_REGION
from bot.models.scan import Asking, Cell, Failed, Scan, Section, Service, Stale, TimedOut
from formatting.failure.api_problems import WANDB, problem_text, problem_with_remedy
from formatting.slack.text import listing, sentence
from formatting.times import duration

# The action of a cell, the system it queries, and the permission it needs. Source:
# https://cloud.google.com/iam/docs/permissions-reference
_QUERIES: Mapping[Service, tuple[str, str, str]] = MappingProxyType(
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


def footers(scan: Scan, section: Section) -> tuple[str, ...]:
    """Return a sentence for each reason why rows of a section are missing or old; empty when all answered."""
    cells = tuple(scan.of(section))
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        text = _problem_text(cell)
        if text:
            groups.setdefault(text, []).append(cell)
    return tuple(_footer(text, group, cells) for text, group in groups.items())


def unanswered(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Return the cells without a final answer: failed, timed out or still running."""
    return tuple(cell for cell in cells if isinstance(cell.answer, Failed | TimedOut | Asking))


def locations_text(cells: Sequence[Cell], all_cells: Sequence[Cell]) -> str:
    """Return the locations of these cells: "us-east1 and us-west1", "all 18 regions and global", "W&B"."""
    locations = tuple(dict.fromkeys(_location(cell) for cell in cells))
    regions = tuple(location for location in locations if location not in _NO_REGIONS)
    everywhere = {_location(cell) for cell in all_cells} - _NO_REGIONS
    if len(regions) > 1 and set(regions) == everywhere:
        others = tuple(location for location in locations if location in _NO_REGIONS)
        return listing((f"all {len(regions)} regions", *others))
    return listing(locations)


def _location(cell: Cell) -> str:
    return _QUERIES[cell.service][1] if cell.region == NO_REGION else cell.region


def _footer(text: str, group: Sequence[Cell], all_cells: Sequence[Cell]) -> str:
    locations = locations_text(group, all_cells)
    if isinstance(group[0].answer, Asking):
        return f"Still asking {locations}."
    if locations == WANDB:
        # W&B has no regions. It is named once: by the sentence itself if that contains it.
        return sentence(text[0].upper() + text[1:] if WANDB in text else f"{WANDB}: {text}")
    return sentence(
        f"{locations[0].upper() + locations[1:] if locations.startswith('all ') else locations}: {text}"
    )


def _problem_text(cell: Cell) -> str:
    """Return what is wrong with a cell, empty if nothing. Cells with equal texts share a footer."""
    action, system, permission = _QUERIES[cell.service]
    match cell.answer:
        case Asking():
            return "asking"
        case TimedOut(after):
            return f"no answer from {system} within {duration(after)}; try again in a minute"
        case Stale(_, age, problem):
            why = f" ({problem_text(problem, action)})" if problem else ""
            return f"not asked now{why}; these rows are {duration(age)} old"
        case Failed(problem):
            return problem_with_remedy(problem, action, permission)
        case _:
            return ""
