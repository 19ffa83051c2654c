"""Google Cloud clients: implementations of four ports over one transport."""

from __future__ import annotations

from bot.clients.google.channels import GoogleTransport
from bot.clients.google.cloud_build import CloudBuild
from bot.clients.google.cloud_logging import CloudLogging, log_budget
from bot.clients.google.cloud_run import CloudRun, Executions
from bot.clients.google.errors import translate_errors
from bot.clients.google.rate_limit import RateLimiter
from bot.clients.google.vertex_ai import Vertex
from bot.ports import Builds, Jobs, Logs, Runners
from bot.settings import Google, Settings, Timing


class GoogleCloud:
    """Creates the four clients; nothing is imported or connected before `warm` or the first call."""

    def __init__(self, settings: Settings) -> None:
        self.project = settings.google.project
        self._regions = settings.regions
        self._transport = GoogleTransport(settings.google)
        self.runners: Runners = CloudRun(settings, self._transport)
        self.jobs: Jobs = Vertex(settings, self._transport)
        self.builds: Builds = CloudBuild(settings, self._transport)
        self.logs: Logs = CloudLogging(
            self._transport, settings.timing, log_budget(settings.logs.reads_per_minute)
        )

    async def warm(self, *, deadline: float) -> None:
        """Import Google's packages in a thread and open the channels; calls work without it too.

        Raise ServiceError when there are no credentials, or after `deadline` seconds.
        """
        async with translate_errors("Google Cloud", "", deadline):
            await self._transport.warm(self._regions)

    async def close(self) -> None:
        """Close the channels of the running event loop."""
        await self._transport.close()


class RunnerLogs:
    """Clients of runners and their logs only, for callers without a settings file.

    Safe to share between event loops and threads; they share one rate limiter of log reads.
    """

    def __init__(self, google: Google, budget: RateLimiter) -> None:
        self.project = google.project
        self._transport = GoogleTransport(google)
        self.runners = Executions(self._transport, Timing())
        self.logs: Logs = CloudLogging(self._transport, Timing(), budget)

    async def close(self) -> None:
        """Close the channels of the running event loop; a later call opens them again."""
        await self._transport.close()
