"""One tick of a region: a single listing of its custom jobs serves every launch that is followed there."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.models.cloud import CustomJob, Execution, QueueItem
from bot.models.launch import Launch
from bot.ports import Clock, Jobs, Runners, Tracker
from bot.runtime.single_flight import SingleFlight
from bot.settings import Settings

# Times of different systems are compared with this margin.
MARGIN = timedelta(seconds=60)


class LaunchPoller:
    """What Vertex AI, Cloud Run and the queue say now, asked once for all launches that ask in the same tick.

    Jobs are matched by the label `wandb-run-id`, never by their age. Every method raises ServiceError.
    """

    def __init__(
        self, settings: Settings, clock: Clock, jobs: Jobs, runners: Runners, tracker: Tracker
    ) -> None:
        self._poll = settings.timing.poll
        self._runner_region = settings.runner.region
        self._deadline = settings.timing.call
        self._clock = clock
        self._jobs = jobs
        self._runners = runners
        self._tracker = tracker
        share = self._poll
        self._listed: SingleFlight[tuple[CustomJob, ...]] = SingleFlight(clock, share)
        self._queues: SingleFlight[tuple[QueueItem, ...]] = SingleFlight(clock, share)
        self._executions: SingleFlight[tuple[Execution, ...]] = SingleFlight(clock, share)
        self._execution: SingleFlight[Execution] = SingleFlight(clock, share)
        self._oldest: dict[str, datetime] = {}

    def watch(self, launches: tuple[Launch, ...]) -> None:
        """Tells how far back listings must reach: to the oldest launch in flight of each region."""
        oldest: dict[str, datetime] = {}
        for launch in launches:
            oldest[launch.region] = min(launch.created, oldest.get(launch.region, launch.created))
        self._oldest = oldest

    async def look(self, launch: Launch, region: str = "") -> CustomJob | None:
        """Return this launch's custom job in its region, or in another one."""
        place = region or launch.region
        self._oldest[place] = min(launch.created, self._oldest.get(place, launch.created))
        jobs = await self.jobs_since(place, self._oldest[place] - MARGIN)
        return next((job for job in jobs if job.run_id == launch.launch_id), None)

    async def look_now(self, launch: Launch) -> CustomJob | None:
        """Return the same in its own region, asked anew."""
        since = launch.created - MARGIN
        jobs = await self._jobs.list_jobs(launch.region, created_after=since, deadline=self._deadline)
        return next((job for job in jobs if job.run_id == launch.launch_id), None)

    async def jobs_since(self, region: str, since: datetime) -> tuple[CustomJob, ...]:
        """Return the custom jobs of a region that were created since then, newest first."""
        return await self._listed.get(
            (self._tick(), region, since),
            lambda: self._jobs.list_jobs(region, created_after=since, deadline=self._deadline),
        )

    async def items(self, queue: str) -> tuple[QueueItem, ...]:
        """Return the items of a queue."""
        return await self._queues.get(
            (self._tick(), queue), lambda: self._tracker.list_items(queue, deadline=self._deadline)
        )

    async def executions(self) -> tuple[Execution, ...]:
        """Return the executions of the runner job."""
        region = self._runner_region
        return await self._executions.get(
            (self._tick(), region), lambda: self._runners.list_executions(region, deadline=self._deadline)
        )

    async def execution(self, resource: str) -> Execution:
        """One runner."""
        return await self._execution.get(
            (self._tick(), resource), lambda: self._runners.get_execution(resource)
        )

    def _tick(self) -> int:
        """Return what was asked in one tick is no answer in the next: two looks are two looks."""
        return int(self._clock.now().timestamp() // self._poll)
