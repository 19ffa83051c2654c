"""How the core tells people, without knowing Slack, and how it tells the time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.models.launch import Launch, MessageRef


class Clock(Protocol):
    """Time as a parameter."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for measuring."""
        ...

    async def wait(self, seconds: float) -> None:
        """Return after that many seconds."""
        ...


class MessageKind(StrEnum):
    """Which message of a launch; stands in the message's metadata."""

    CARD = "card"
    CLOSING = "closing"


class LaunchNotifier(Protocol):
    """Shows a launch to people; given nouns only."""

    async def post(self, launch: Launch) -> MessageRef:
        """Post the card, once.

        Raise NotInvited when the bot may not speak in that channel.
        """
        ...

    async def find(self, launch: Launch, *, kind: MessageKind) -> MessageRef | None:
        """Return a message of this launch that we posted but did not note, looked up by its metadata.

        None when there is none. Raise ServiceError, with DENIED where we may not read the channel, and
        NotInvited.
        """
        ...

    async def edit(self, launch: Launch) -> None:
        """Edits the card in place; returns when the edit was handed over.

        A change of stage, runner, job or verdict is always delivered, a tick only when there is room.
        """
        ...

    async def settle(self, launch: Launch) -> None:
        """Edits the card and returns once Slack has taken it. Raise ServiceError until then, NotInvited."""
        ...

    async def refuse(self, launch: Launch, reason: str) -> None:
        """Tells the launcher privately that nothing was started, and why."""
        ...

    async def appeared(self, launch: Launch) -> None:
        """Says in the thread that the job has come after all, after the wait was over. Best effort."""
        ...

    async def close(self, launch: Launch) -> MessageRef:
        """Post the closing reply that mentions the launcher. Raise ServiceError, NotInvited."""
        ...

    async def illustrate(self, launch: Launch) -> None:
        """Shares a picture of the launch's curve in the thread. Best effort, tried once."""
        ...


class NotInvited(Exception):  # noqa: N818 - a state of the channel, not an error of ours
    """The bot may not post in the channel; the text is Slack's word for it."""
