"""Until when a launch may start something: nothing begins long after it was asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.models.launch import Launch, Stage
from bot.settings import Settings


def nothing_sent(launch: Launch) -> bool:
    """Return whether W&B was surely not asked to queue anything for this launch."""
    return launch.item_intended is None and launch.stage in (Stage.ANNOUNCE, Stage.QUEUE)


def start_deadline(settings: Settings, launch: Launch) -> datetime:
    """Return when a launch of which nothing was sent is given up, counted from when it was asked for."""
    return launch.created + timedelta(seconds=settings.timing.start_within)


def queue_deadline(settings: Settings, launch: Launch) -> datetime:
    """Return when an item that is still pending is taken out; for an older bot's launch by the settings."""
    return launch.expires or expiry_from(settings, launch.created, launch.limit_seconds)


def expiry_from(settings: Settings, created: datetime, limit_seconds: float) -> datetime:
    """Return the same moment for a launch that is only being made."""
    return created + timedelta(seconds=limit_seconds + settings.timing.queue_expires)


def expired(settings: Settings, launch: Launch, now: datetime) -> bool:
    """Return whether this launch may get no job any more, unless an agent has its item already."""
    return launch.job is None and launch.ended is None and now >= queue_deadline(settings, launch)
