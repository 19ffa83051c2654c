"""App Home: the standing board, refreshed when somebody opens it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.clients.slack import SlackClient
from bot.launches.desk import LaunchDesk
from bot.ports import Clock
from formatting.home import home


class Home:
    """Publishes a person's Home tab."""

    def __init__(self, slack: SlackClient, desk: LaunchDesk, clock: Clock) -> None:
        self._slack = slack
        self._desk = desk
        self._clock = clock

    async def opened(self, event: Mapping[str, Any]) -> None:
        """Shows the board to whoever opened the tab; the Messages tab sends the same event."""
        if event.get("tab", "home") == "home":
            await self._publish(event["user"])

    async def refresh(self, ack: Callable[..., Awaitable[Any]], body: Mapping[str, Any]) -> None:
        """Shows the board anew."""
        await ack()
        await self._publish(body["user"]["id"])

    async def _publish(self, user: str) -> None:
        launches = await self._desk.status()
        board = home(launches, self._clock.now(), user)
        await self._slack.publish_home(user, {"type": "home", "blocks": list(board.blocks)})
