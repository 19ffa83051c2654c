"""Cancels a row of a table: the launch that it belongs to or, for admins, the resource itself."""

from __future__ import annotations

from dataclasses import dataclass

from bot.app import ExternalClients
from bot.launches.permissions import Refused, authorise_cancel
from bot.launches.service import LaunchService
from bot.models.errors import BadInput
from bot.models.launch import Launch, Stage
from bot.models.scan import Section
from bot.ports import AuditEntry, Clock
from bot.settings import Settings
from bot.store import Store


@dataclass(frozen=True, slots=True)
class RowRef:
    """Identifies a row of a table by section, region and id (execution name, job id, build id or run id)."""

    section: Section
    region: str
    row_id: str


class RowCanceller:
    """Authorises and cancels rows of tables."""

    def __init__(
        self, settings: Settings, clock: Clock, clients: ExternalClients, store: Store, service: LaunchService
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._clients = clients
        self._store = store
        self._service = service

    async def authorise(self, row: RowRef, user_id: str) -> Launch | None:
        """Return the unfinished launch that the row belongs to, if any.

        Raise Refused when the user may not cancel it: the row of a launch may be cancelled by its launcher
        and by admins, any other row by admins only. Raise ServiceError when the row cannot be read.
        """
        launch = await self._launch_of(row)
        if launch is not None:
            authorise_cancel(self._settings, launch, user_id)
            return launch if launch.stage is not Stage.DONE else None
        if user_id not in self._settings.access.admins:
            raise Refused(
                f"Only an admin may cancel what was not launched here. Ask {self._settings.access.ask}."
            )
        return None

    async def cancel(self, row: RowRef, *, user_id: str, user_name: str) -> None:
        """Cancel the row's launch, or stop the resource itself. Raise the same errors as `authorise`."""
        launch = await self.authorise(row, user_id)
        if launch is not None and launch.ended is None:
            await self._service.cancel(launch.launch_id, user_id=user_id, user_name=user_name)
            return
        await self._stop(row)
        await self._store.audit.record(
            AuditEntry(
                at=self._clock.now(),
                actor=user_id,
                action="cancel",
                target=f"{row.section} {row.row_id}",
                outcome="asked",
            )
        )

    async def _launch_of(self, row: RowRef) -> Launch | None:
        run_id = row.row_id if row.section in (Section.RUNS, Section.COMPLETED) else ""
        if row.section is Section.JOBS:
            run_id = (await self._clients.jobs.get_job(self._resource(row))).run_id
        return await self._store.launches.get(run_id) if run_id else None

    async def _stop(self, row: RowRef) -> None:
        match row.section:
            case Section.RUNNERS:
                await self._clients.runners.cancel(self._resource(row))
            case Section.JOBS:
                await self._clients.jobs.cancel(self._resource(row))
            case Section.BUILDS | Section.RECENT_BUILDS:
                await self._clients.builds.cancel(row.row_id, row.region)
            case Section.RUNS | Section.COMPLETED:
                if not await self._clients.tracker.stop_run(row.row_id):
                    raise BadInput(f"W&B knows of no run {row.row_id}. Type /monitor runs to look again.")

    def _resource(self, row: RowRef) -> str:
        location = f"projects/{self._settings.google.project}/locations/{row.region}"
        if row.section is Section.JOBS:
            return f"{location}/customJobs/{row.row_id}"
        return f"{location}/jobs/{self._settings.runner.job}/executions/{row.row_id}"
