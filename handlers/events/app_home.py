"""The App Home tab: updated when a user opens it and by its Refresh button."""

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

# The sections with active rows.
ACTIVE_SECTIONS = (Section.RUNNERS, Section.BUILDS, Section.JOBS, Section.RUNS)
# Seconds since the end of ended rows to include. Short, as older failures would cost log reads.
RECENT_SECONDS = 1.0


class Home:
    """Publishes a user's Home tab: first the launches in the store, then also the result of a scan.

    Users who open their tab within a few seconds share one scan.
    """

    def __init__(
        self,
        settings: Settings,
        slack: SlackClient,
        service: LaunchService,
        scanner: RegionScanner,
        clock: Clock,
    ) -> None:
        self._request = ScanRequest(ACTIVE_SECTIONS, settings.regions, since=RECENT_SECONDS)
        self._slack = slack
        self._service = service
        self._scanner = scanner
        self._clock = clock
        self._log = structlog.get_logger("home")

    async def opened(self, event: Mapping[str, Any]) -> None:
        """Publish the tab when a user opens it. The Messages tab sends the same event and is ignored."""
        if event.get("tab", "home") == "home":
            await self._update(event["user"])

    async def refresh(self, ack: Callable[..., Awaitable[Any]], body: Mapping[str, Any]) -> None:
        """Publish the tab again."""
        await ack()
        await self._update(body["user"]["id"])

    async def _update(self, user: str) -> None:
        running = self._scanner.join(self._request)
        await self._publish(user, None)
        first = await running.first()
        await self._publish(user, first)
        if first.asking:
            await self._publish(user, await running.rows())

    async def _publish(self, user: str, scan: Scan | None) -> None:
        message = await self._render(user, scan)
        try:
            await self._slack.publish_home(user, {"type": "home", "blocks": list(message.blocks)})
        except ServiceError as error:
            # The user cannot be told; the next visit or press tries again.
            self._log.warning("a Home tab could not be shown", reason=str(error))

    async def _render(self, user: str, scan: Scan | None) -> Message:
        try:
            return home(await self._service.status(), self._clock.now(), user, scan)
        except StoreError as failure:
            return messages.store_error(str(failure))
