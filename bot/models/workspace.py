"""The ids of a Slack workspace."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace; `enterprise_id` is its Enterprise Grid organisation, or ""."""

    team_id: str
    enterprise_id: str = ""
