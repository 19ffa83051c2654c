"""Shared polling: one API call per tick serves every launch that needs the same listing."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.models.cloud import CustomJob, Execution, QueueItem
from bot.models.launch import Launch
from bot.ports import Clock, Jobs, Runners, Tracker
from bot.runtime.single_flight import SingleFlight
from bot.settings import Settings

# Tolerance for comparing timestamps of different systems.
MARGIN = timedelta(seconds=60)


class LaunchPoller:
    """Cached reads of Vertex AI, Cloud Run and the W&B queue, at most one call per tick and key.

    Jobs are matched by the label `wandb-run-id`, never by their age. Asynchronous methods raise ServiceError.
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
        ttl = self._poll
        self._job_listings: SingleFlight[tuple[CustomJob, ...]] = SingleFlight(clock, ttl)
        self._queues: SingleFlight[tuple[QueueItem, ...]] = SingleFlight(clock, ttl)
        self._executions: SingleFlight[tuple[Execution, ...]] = SingleFlight(clock, ttl)
        self._execution: SingleFlight[Execution] = SingleFlight(clock, ttl)
        self._oldest: dict[str, datetime] = {}

    def watch(self, launches: tuple[Launch, ...]) -> None:
        """Set the start of the job listings: the oldest unfinished launch of each region."""
        oldest: dict[str, datetime] = {}
        for launch in launches:
            oldest[launch.region] = min(launch.created, oldest.get(launch.region, launch.created))
        self._oldest = oldest

    async def find_job(self, launch: Launch, region: str = "") -> CustomJob | None:
        """Return the launch's custom job in `region` (default: the launch's own), or None."""
        region = region or launch.region
        self._oldest[region] = min(launch.created, self._oldest.get(region, launch.created))
        jobs = await self.jobs_since(region, self._oldest[region] - MARGIN)
        return next((job for job in jobs if job.run_id == launch.launch_id), None)

    async def find_job_uncached(self, launch: Launch) -> CustomJob | None:
        """Return the launch's custom job in its own region, or None; never from the cache."""
        since = launch.created - MARGIN
        jobs = await self._jobs.list_jobs(launch.region, created_after=since, deadline=self._deadline)
        return next((job for job in jobs if job.run_id == launch.launch_id), None)

    async def jobs_since(self, region: str, since: datetime) -> tuple[CustomJob, ...]:
        """Return the custom jobs of a region created at or after `since`, newest first."""
        return await self._job_listings.get(
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
        """Return one execution of the runner job."""
        return await self._execution.get(
            (self._tick(), resource), lambda: self._runners.get_execution(resource)
        )

    def _tick(self) -> int:
        """Return the number of the poll interval: a cache key, so no result outlives its interval."""
        return int(self._clock.now().timestamp() // self._poll)
