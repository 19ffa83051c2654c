"""A Slack workspace by its ids."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace; `enterprise_id` is its Enterprise Grid organisation, "" when it belongs to none."""

    team_id: str
    enterprise_id: str = ""
