"""Deadlines after which a launch may not start anything, counted from its request."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.models.launch import Launch, Stage
from bot.settings import Settings

# Tries in a row that failed, a minute apart at last, after which a launch past all limits is let go.
TRIES = 60


def nothing_sent(launch: Launch) -> bool:
    """Return True if no queue item was requested from W&B for this launch."""
    return launch.item_intended is None and launch.stage in (Stage.ANNOUNCE, Stage.QUEUE)


def start_deadline(settings: Settings, launch: Launch) -> datetime:
    """Return when a launch is given up if nothing was sent to W&B, counted from its creation."""
    return launch.created + timedelta(seconds=settings.timing.start_within)


def queue_deadline(settings: Settings, launch: Launch) -> datetime:
    """Return when a pending item is removed from its queue.

    A launch stored by an older version has no `expires`; the settings then decide.
    """
    return launch.expires or expiry_from(settings, launch.created, launch.limit_seconds)


def expiry_from(settings: Settings, created: datetime, limit_seconds: float) -> datetime:
    """Return the queue deadline of a new launch."""
    return created + timedelta(seconds=limit_seconds + settings.timing.queue_expires)


def expired(settings: Settings, launch: Launch, now: datetime) -> bool:
    """Return True after the queue deadline of a launch without a job.

    A job may still appear if an agent has already taken the item.
    """
    return launch.job is None and launch.ended is None and now >= queue_deadline(settings, launch)
