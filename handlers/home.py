"""App Home: the standing board, refreshed when somebody opens it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from bot.clients.slack import SlackClient
from bot.errors import ServiceError, StoreError
from bot.launches.desk import LaunchDesk
from bot.ports import Clock
from formatting import words
from formatting.home import home
from formatting.message import Message


class Home:
    """Publishes a person's Home tab."""

    def __init__(self, slack: SlackClient, desk: LaunchDesk, clock: Clock) -> None:
        self._slack = slack
        self._desk = desk
        self._clock = clock
        self._log = structlog.get_logger("home")

    async def opened(self, event: Mapping[str, Any]) -> None:
        """Shows the board to whoever opened the tab; the Messages tab sends the same event."""
        if event.get("tab", "home") == "home":
            await self._publish(event["user"])

    async def refresh(self, ack: Callable[..., Awaitable[Any]], body: Mapping[str, Any]) -> None:
        """Shows the board anew."""
        await ack()
        await self._publish(body["user"]["id"])

    async def _publish(self, user: str) -> None:
        board = await self._board(user)
        try:
            await self._slack.publish_home(user, {"type": "home", "blocks": list(board.blocks)})
        except ServiceError as error:
            # There is nowhere to say it: the next visit or press tries again.
            self._log.warning("a Home tab could not be shown", reason=str(error))

    async def _board(self, user: str) -> Message:
        try:
            return home(await self._desk.status(), self._clock.now(), user)
        except StoreError as failure:
            return words.store_trouble(str(failure))
