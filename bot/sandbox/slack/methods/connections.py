"""apps.connections.open: issues a ticket for one Socket Mode connection."""

from __future__ import annotations

import secrets

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.settings import APP_ID
from bot.sandbox.slack.wire import Json, RefusedError
from bot.sandbox.slack.world import World


def open_connection(world: World, _arguments: Arguments) -> Json:
    """Handle apps.connections.open: {url}, valid for one connection.

    Source: https://docs.slack.dev/reference/methods/apps.connections.open
    """
    if world.faults.take_open_failure():
        raise RefusedError("internal_error")
    ticket = secrets.token_urlsafe(16)
    world.tickets.add(ticket)
    base = world.base_url.replace("http://", "ws://", 1)
    return {"url": f"{base}link/?ticket={ticket}&app_id={APP_ID}"}
