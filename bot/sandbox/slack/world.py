"""The state of one running workspace."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from bot.sandbox.slack.directory import Directory
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.files import Files
from bot.sandbox.slack.messages import Messages, Stamps
from bot.sandbox.slack.rates import RateLimits
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.screens import Screens
from bot.sandbox.slack.settings import SlackSettings
from bot.sandbox.slack.traffic_log import TrafficLog
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.views import Views

LOG = logging.getLogger(__name__)


class World:
    """The parts of a workspace; `base_url` ends in a slash and is set once the server listens."""

    def __init__(self, settings: SlackSettings) -> None:
        now = settings.now
        self.settings = settings
        self.now: Callable[[], float] = now
        self.base_url = ""
        self.screens = Screens()
        self.directory = Directory(settings)
        self.messages = Messages(self.screens)
        self.stamps = Stamps(now)
        self.files = Files()
        self.views = Views(self.screens, now)
        self.triggers = Triggers(now)
        self.response_urls = ResponseUrls(now)
        self.rates = RateLimits(enabled=settings.rate_limits, multiplier=settings.rate_multiplier)
        self.traffic = TrafficLog()
        self.faults = Faults(refuse_blocks=set(settings.refuse_blocks))
        self.faults.change(settings.faults, now())
        self.tickets: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in the background; it ends with the workspace at the latest."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def settle(self) -> None:
        """Cancel the background tasks and wait for their end."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.error("A background task failed", exc_info=error)
