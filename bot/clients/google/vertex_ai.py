"""Vertex AI client: custom jobs without their job specs, which contain keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.clients.google.channels import GoogleTransport
from bot.clients.google.errors import translate_errors
from bot.clients.google.methods import CANCEL_CUSTOM_JOB, GET_CUSTOM_JOB, LIST_CUSTOM_JOBS
from bot.clients.google.protobuf import created_sort_key, segment, time_in
from bot.models.cloud import CustomJob, JobState
from bot.redaction import plain_name, safe_field
from bot.settings import Settings

_SYSTEM = LIST_CUSTOM_JOBS.api.system
_PAGE = 100
_RUN_LABEL = "wandb-run-id"
# All fields of `CustomJob`; never job_spec, whose environment contains the W&B key.
_MASK = {
    "paths": ["name", "display_name", "state", "labels", "error", "create_time", "start_time", "end_time"]
}

# https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1/JobState
_STATES: dict[int, JobState] = {
    1: JobState.QUEUED,
    2: JobState.PENDING,
    3: JobState.RUNNING,
    4: JobState.SUCCEEDED,
    5: JobState.FAILED,
    6: JobState.CANCELLING,
    7: JobState.CANCELLED,
    8: JobState.PAUSED,
    9: JobState.EXPIRED,
    10: JobState.UPDATING,
    11: JobState.PARTIALLY_SUCCEEDED,
}
_OPEN_STATES = ("QUEUED", "PENDING", "RUNNING", "CANCELLING", "PAUSED", "UPDATING")


class Vertex:
    """Implements `bot.ports.Jobs`."""

    def __init__(self, settings: Settings, transport: GoogleTransport) -> None:
        self._call = settings.timing.call
        self._pause = settings.timing.retry
        self._transport = transport

    async def list_jobs(
        self, region: str, *, created_after: datetime | None, deadline: float, and_active: bool = False
    ) -> tuple[CustomJob, ...]:
        """Return the custom jobs of a region from all pages, newest first.

        With `and_active`, jobs that have not ended are included, however old they are.
        """
        request = {
            "parent": f"projects/{self._transport.project}/locations/{region}",
            "filter": _filter(created_after, and_active=and_active),
            "page_size": _PAGE,
            "read_mask": _MASK,
        }
        async with translate_errors(_SYSTEM, region, deadline):
            found = await self._transport.rows(
                LIST_CUSTOM_JOBS, region, request, deadline=deadline, first_pause=self._pause
            )
        rows = [self._job(row) for row in found]
        rows.sort(key=lambda row: created_sort_key(row.created), reverse=True)
        return tuple(rows)

    async def get_job(self, resource: str) -> CustomJob:
        """Return a custom job by its full resource name."""
        region = segment(resource, "locations")
        async with translate_errors(_SYSTEM, region, self._call):
            found = await self._transport.read(
                GET_CUSTOM_JOB, region, {"name": resource}, deadline=self._call, first_pause=self._pause
            )
            return self._job(found)

    async def cancel(self, resource: str) -> None:
        """Ask Vertex AI to cancel a job. Sent once."""
        region = segment(resource, "locations")
        async with translate_errors(_SYSTEM, region, self._call):
            await self._transport.ask(CANCEL_CUSTOM_JOB, region, {"name": resource}, timeout=self._call)

    def _job(self, message: Any) -> CustomJob:
        name = message.name
        region, job_id = segment(name, "locations"), name.rpartition("/")[2]
        return CustomJob(
            resource=name,
            job_id=job_id,
            display_name=plain_name(message.display_name),
            region=region,
            state=_STATES.get(message.state, JobState.UNKNOWN),
            run_id=message.labels.get(_RUN_LABEL, ""),
            created=time_in(message, "create_time"),
            started=time_in(message, "start_time"),
            ended=time_in(message, "end_time"),
            error=safe_field(message.error.message) if message.HasField("error") else "",
            url=f"https://console.cloud.google.com/vertex-ai/locations/{region}/training/{job_id}"
            f"?project={self._transport.project}",
        )


def _filter(created_after: datetime | None, *, and_active: bool) -> str:
    if created_after is None:
        return ""
    moment = created_after.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    since = f'create_time>="{moment}Z"'
    states = [f'state="JOB_STATE_{state}"' for state in _OPEN_STATES] if and_active else []
    return " OR ".join([since, *states])
