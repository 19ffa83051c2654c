"""App Home: the standing board, refreshed when somebody opens it and by its button."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from bot.clients.slack import SlackClient
from bot.launches.service import LaunchService
from bot.models.errors import ServiceError, StoreError
from bot.models.scan import Scan, Section
from bot.ports import Clock
from bot.scans.scanner import RegionScanner, ScanRequest
from bot.settings import Settings
from formatting import messages
from formatting.home import home
from formatting.message import Message

# The tables whose rows can be at work.
AT_WORK = (Section.RUNNERS, Section.BUILDS, Section.JOBS, Section.RUNS)
# Rows at work, and what ended this many seconds ago or later: older failures would cost reads of their logs.
LATELY = 1.0


class Home:
    """Publishes a person's Home tab: at once what the store knows, then what a scan says besides.

    The scan is shared between all who open their tab within a few seconds.
    """

    def __init__(
        self,
        settings: Settings,
        slack: SlackClient,
        service: LaunchService,
        scanner: RegionScanner,
        clock: Clock,
    ) -> None:
        self._request = ScanRequest(AT_WORK, settings.regions, since=LATELY)
        self._slack = slack
        self._service = service
        self._scanner = scanner
        self._clock = clock
        self._log = structlog.get_logger("home")

    async def opened(self, event: Mapping[str, Any]) -> None:
        """Show the board to whoever opened the tab; the Messages tab sends the same event."""
        if event.get("tab", "home") == "home":
            await self._show(event["user"])

    async def refresh(self, ack: Callable[..., Awaitable[Any]], body: Mapping[str, Any]) -> None:
        """Show the board anew."""
        await ack()
        await self._show(body["user"]["id"])

    async def _show(self, user: str) -> None:
        running = self._scanner.join(self._request)
        await self._publish(user, None)
        first = await running.first()
        await self._publish(user, first)
        if first.asking:
            await self._publish(user, await running.rows())

    async def _publish(self, user: str, scan: Scan | None) -> None:
        monitor_thread = await self._monitor_thread(user, scan)
        try:
            await self._slack.publish_home(user, {"type": "home", "blocks": list(monitor_thread.blocks)})
        except ServiceError as error:
            # There is nowhere to say it: the next visit or press tries again.
            self._log.warning("a Home tab could not be shown", reason=str(error))

    async def _monitor_thread(self, user: str, scan: Scan | None) -> Message:
        try:
            return home(await self._service.status(), self._clock.now(), user, scan)
        except StoreError as failure:
            return messages.store_error(str(failure))
