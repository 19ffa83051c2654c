"""One tick of a region: a single listing of its custom jobs serves every launch that waits there."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.models.cloud import CustomJob, Execution, QueueItem
from bot.models.launch import Launch
from bot.ports import Clock, Jobs, Runners, Tracker
from bot.settings import Settings
from bot.single_flight import SingleFlight

# Times of different systems are compared with this margin.
MARGIN = timedelta(seconds=60)


class LaunchPoller:
    """What Vertex AI, Cloud Run and the queue say now, asked once for all launches that ask at the same time.

    Jobs are matched by the label `wandb-run-id`, never by their age.
    """

    def __init__(
        self, settings: Settings, clock: Clock, jobs: Jobs, runners: Runners, tracker: Tracker
    ) -> None:
        # Launches that are due in the same tick share; the next tick asks anew.
        share = settings.timing.poll / 2
        self._deadline = settings.timing.call
        self._jobs = jobs
        self._runners = runners
        self._tracker = tracker
        self._listed: SingleFlight[tuple[CustomJob, ...]] = SingleFlight(clock, share)
        self._queues: SingleFlight[tuple[QueueItem, ...]] = SingleFlight(clock, share)
        self._executions: SingleFlight[Execution] = SingleFlight(clock, share)
        self._oldest: dict[str, datetime] = {}

    def watch(self, launches: tuple[Launch, ...]) -> None:
        """Tells how far back listings must reach: to the oldest launch in flight of each region."""
        oldest: dict[str, datetime] = {}
        for launch in launches:
            oldest[launch.region] = min(launch.created, oldest.get(launch.region, launch.created))
        self._oldest = oldest

    async def jobs(self, launch: Launch) -> tuple[CustomJob, ...]:
        """The custom jobs of a launch's region since the oldest launch in flight there, newest first."""
        region = launch.region
        self._oldest[region] = min(launch.created, self._oldest.get(region, launch.created))
        since = self._oldest[region] - MARGIN
        return await self._listed.get(
            (region, since),
            lambda: self._jobs.list_jobs(region, created_after=since, deadline=self._deadline),
        )

    async def look(self, launch: Launch) -> CustomJob | None:
        """This launch's custom job in its region."""
        return _ours(launch, await self.jobs(launch))

    async def look_in(self, launch: Launch, region: str) -> CustomJob | None:
        """This launch's custom job in another region, with a call of its own."""
        since = launch.created - MARGIN
        jobs = await self._jobs.list_jobs(region, created_after=since, deadline=self._deadline)
        return _ours(launch, jobs)

    async def items(self, queue: str) -> tuple[QueueItem, ...]:
        """The items of a queue."""
        return await self._queues.get(queue, lambda: self._tracker.list_items(queue, deadline=self._deadline))

    async def execution(self, resource: str) -> Execution:
        """One runner."""
        return await self._executions.get(resource, lambda: self._runners.get_execution(resource))


def _ours(launch: Launch, jobs: tuple[CustomJob, ...]) -> CustomJob | None:
    return next((job for job in jobs if job.run_id == launch.launch_id), None)
