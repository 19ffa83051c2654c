"""Reads scopes, events and commands from the app's manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.sandbox.slack.settings import Command


def app_of_manifest(path: Path) -> dict[str, Any]:
    """Return the fields of SlackSettings that the manifest defines: scopes, events and commands."""
    manifest = yaml.safe_load(path.read_text())
    scopes = manifest["oauth_config"]["scopes"]
    commands = manifest["features"]["slash_commands"]
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    return {
        "scopes": frozenset([*scopes["bot"], *scopes.get("bot_optional", [])]),
        "events": frozenset(events),
        "commands": tuple(
            Command(entry["command"], entry.get("usage_hint", ""), entry["description"]) for entry in commands
        ),
    }
