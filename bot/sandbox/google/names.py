"""Parses resource names as strictly as the real services."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.sandbox.google.failures import invalid

# Each project also has a number, which Vertex AI and Cloud Build use in responses.
PROJECT_NUMBER = "482910573316"

_REGION = re.compile(r"[a-z]+(-[a-z]+)+\d{1,2}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")


@dataclass(frozen=True, slots=True)
class ResourceName:
    """A parsed resource name: project, location and the following ids, in order."""

    project: str
    location: str
    ids: tuple[str, ...] = ()


def parse_name(
    name: str, *collections: str, field: str = "name", allow_global: bool = False, wildcard: bool = False
) -> ResourceName:
    """Parse `projects/P/locations/L/<collection>/<id>/...`; raise INVALID_ARGUMENT for anything else.

    `-` is not accepted as project or location; with `wildcard` it is accepted as the last id.
    """
    parts = name.split("/")
    shape = ("projects", "locations", *collections)
    if len(parts) != 2 * len(shape) or tuple(parts[::2]) != shape:
        wanted = "/".join(f"{word}/{{{word.rstrip('s')}}}" for word in shape)
        raise invalid(f"Invalid resource name '{name}': expected the format '{wanted}'.", field)
    project, location, *ids = parts[1::2]
    if not _REGION.fullmatch(location) and not (allow_global and location == "global"):
        raise invalid(f"Invalid location '{location}' in '{name}'.", field)
    last = len(ids) - 1
    for position, given in enumerate([project, *ids], start=-1):
        if not _ID.fullmatch(given) and not (wildcard and position == last and given == "-"):
            raise invalid(f"Invalid resource id '{given}' in '{name}'.", field)
    return ResourceName(project, location, tuple(ids))


def region_of(name: str) -> str:
    """Return the location in a resource name without validation, "" when there is none."""
    parts = name.split("/")
    return parts[3] if len(parts) > 3 and parts[2] == "locations" else ""  # noqa: PLR2004 - its fixed place
