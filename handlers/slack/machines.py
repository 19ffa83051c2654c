"""Machine types of jobs, from our own store: the jobs' specs hold keys and are never read."""

from __future__ import annotations

from collections.abc import Mapping

from bot.models.cloud import CustomJob
from bot.models.errors import StoreError
from bot.models.scan import Scan, Section
from bot.models.scan_rows import table_rows
from bot.ports import Launches
from bot.settings import Settings


class Machines:
    """Knows which machine type each launched run asked for."""

    def __init__(self, settings: Settings, launches: Launches) -> None:
        self._presets = {preset.name: preset.machine_type for preset in settings.preset}
        self._launches = launches

    async def of(self, scan: Scan) -> Mapping[str, str]:
        """Machine types by run id, for the jobs that a scan shows; others are not known here."""
        if Section.JOBS not in scan.sections:
            return {}
        jobs = [row for row in table_rows(scan, Section.JOBS) if isinstance(row, CustomJob)]
        run_ids = [job.run_id for job in jobs if job.run_id]
        try:
            launches = await self._launches.by_run_ids(run_ids)
        except StoreError:
            return {}
        return {
            launch.launch_id: self._presets[launch.preset]
            for launch in launches
            if launch.preset in self._presets
        }
