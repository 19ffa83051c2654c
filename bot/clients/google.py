"""Google Cloud as the core asks for it: four ports over one transport."""

from __future__ import annotations

from bot.clients.cloud_build import CloudBuild
from bot.clients.cloud_logging import CloudLogging
from bot.clients.cloud_run import CloudRun
from bot.clients.google_call import asking
from bot.clients.google_transport import GoogleTransport
from bot.clients.vertex import Vertex
from bot.ports import Builds, Jobs, Logs, Runners
from bot.settings import Settings


class GoogleCloud:
    """Builds the four clients; nothing is imported or connected before `warm` or the first call."""

    def __init__(self, settings: Settings) -> None:
        self._regions = settings.regions
        self._transport = GoogleTransport(settings.google)
        self.runners: Runners = CloudRun(settings, self._transport)
        self.jobs: Jobs = Vertex(settings, self._transport)
        self.builds: Builds = CloudBuild(settings, self._transport)
        self.logs: Logs = CloudLogging(settings, self._transport)

    async def warm(self, *, deadline: float) -> None:
        """Imports Google's packages in a thread and opens the channels; every call works without it too.

        Raises ServiceError when there are no credentials, or after `deadline` seconds.
        """
        async with asking("Google Cloud", "", deadline):
            await self._transport.warm(self._regions)

    async def close(self) -> None:
        """Closes all channels."""
        await self._transport.close()
