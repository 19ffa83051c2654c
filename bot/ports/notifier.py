"""Ports for notifying users, independent of Slack, and for reading the clock."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.models.launch import Launch, MessageRef


class Clock(Protocol):
    """An injectable clock."""

    def now(self) -> datetime:
        """Return the current time, timezone-aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds of a monotonic clock, for measuring durations."""
        ...

    async def wait(self, seconds: float) -> None:
        """Sleep for that many seconds."""
        ...


class MessageKind(StrEnum):
    """The kind of a message of a launch, as stored in the message's metadata."""

    CARD = "card"
    CLOSING = "closing"


class LaunchNotifier(Protocol):
    """Shows launches to users; it receives models, never texts."""

    async def post(self, launch: Launch) -> MessageRef:
        """Post the card once.

        Raise NotInvited when the bot may not post in the channel, ServiceError on other failures.
        """
        ...

    async def find(self, launch: Launch, *, kind: MessageKind) -> MessageRef | None:
        """Return a message of this launch that was posted but not saved, found by its metadata, or None.

        Raise ServiceError (DENIED when the bot may not read the channel) and NotInvited.
        """
        ...

    async def edit(self, launch: Launch) -> None:
        """Queue an edit of the card and return without waiting for its delivery.

        A change of stage, runner, job or verdict is always delivered, an elapsed-time update only if the
        rate limit allows it.
        """
        ...

    async def flush(self, launch: Launch) -> None:
        """Edit the card and return once the edit is delivered. Raise ServiceError, NotInvited."""
        ...

    async def refuse(self, launch: Launch, reason: str) -> None:
        """Tell the launcher privately that nothing was started, and why."""
        ...

    async def notify_late_job(self, launch: Launch) -> None:
        """Post in the thread that the job appeared after the wait had timed out. Best effort."""
        ...

    async def close(self, launch: Launch) -> MessageRef:
        """Post the closing reply that mentions the launcher. Raise ServiceError, NotInvited."""
        ...

    async def upload_chart(self, launch: Launch) -> None:
        """Upload a chart of the launch's curve to the thread. Best effort, tried once."""
        ...


class NotInvited(Exception):  # noqa: N818 - a state of the channel, not an error of the bot
    """The bot may not post in the channel; the text is Slack's error code."""
