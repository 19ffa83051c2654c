"""Cloud Build: the builds of a location."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.clients.google.channels import GoogleTransport
from bot.clients.google.errors import translate_errors
from bot.clients.google.methods import CANCEL_BUILD, LIST_BUILDS
from bot.clients.google.protobuf import created_sort_key, segment, time_in
from bot.models.cloud import Build, BuildStatus
from bot.redaction import plain_name, safe_field
from bot.settings import Settings

_SYSTEM = LIST_BUILDS.api.system
_PAGE = 100
_ACTIVE = 'status="PENDING" OR status="QUEUED" OR status="WORKING"'

# https://docs.cloud.google.com/build/docs/api/reference/rest/v1/projects.builds#status
_STATUSES: dict[int, BuildStatus] = {
    10: BuildStatus.PENDING,
    1: BuildStatus.QUEUED,
    2: BuildStatus.WORKING,
    3: BuildStatus.SUCCESS,
    4: BuildStatus.FAILURE,
    5: BuildStatus.INTERNAL_ERROR,
    6: BuildStatus.TIMEOUT,
    7: BuildStatus.CANCELLED,
    9: BuildStatus.EXPIRED,
}
_STEP_SUCCEEDED = 3
# LoggingMode values: the log is only in Cloud Storage, or not stored.
_UNREADABLE_LOGS = (2, 4)


class CloudBuild:
    """Implements `bot.ports.Builds`."""

    def __init__(self, settings: Settings, transport: GoogleTransport) -> None:
        self._call = settings.timing.call
        self._pause = settings.timing.retry
        self._transport = transport

    async def list_active(self, region: str, *, deadline: float) -> tuple[Build, ...]:
        """Return all pending, queued or working builds of a location, newest first."""
        return await self._list(region, deadline, {"filter": _ACTIVE, "page_size": _PAGE}, limit=None)

    async def list_recent(self, region: str, *, limit: int, deadline: float) -> tuple[Build, ...]:
        """Return the newest builds of a location, of every status, at most `limit`."""
        return await self._list(region, deadline, {"page_size": limit}, limit=limit)

    async def cancel(self, build_id: str, region: str) -> None:
        """Ask Cloud Build to cancel a build. Sent once."""
        request = {
            "name": f"{self._parent(region)}/builds/{build_id}",
            "project_id": self._transport.project,
            "id": build_id,
        }
        async with translate_errors(_SYSTEM, region, self._call):
            await self._transport.ask(CANCEL_BUILD, region, request, timeout=self._call)

    async def _list(
        self, region: str, deadline: float, query: Mapping[str, Any], *, limit: int | None
    ) -> tuple[Build, ...]:
        request = {"parent": self._parent(region), "project_id": self._transport.project, **query}
        async with translate_errors(_SYSTEM, region, deadline):
            found = await self._transport.rows(
                LIST_BUILDS, region, request, deadline=deadline, first_pause=self._pause, limit=limit
            )
        rows = [_build(row) for row in found]
        rows.sort(key=lambda row: created_sort_key(row.created), reverse=True)
        return tuple(rows[:limit])

    def _parent(self, region: str) -> str:
        return f"projects/{self._transport.project}/locations/{region}"


def _build(message: Any) -> Build:
    detail = message.failure_info.detail or message.status_detail
    return Build(
        build_id=message.id,
        # Builds in the location `global` may lack a full name.
        region=segment(message.name, "locations") or "global",
        status=_STATUSES.get(message.status, BuildStatus.UNKNOWN),
        image=plain_name(_image(message)),
        steps_done=sum(step.status == _STEP_SUCCEEDED for step in message.steps),
        steps_total=len(message.steps),
        created=time_in(message, "create_time"),
        started=time_in(message, "start_time"),
        ended=time_in(message, "finish_time"),
        detail=safe_field(detail) if detail else "",
        url=message.log_url,
        logs_readable=message.options.logging not in _UNREADABLE_LOGS,
    )


def _image(message: Any) -> str:
    """Return the image of a build: from its request, its results, or a substitution such as _IMAGE."""
    if message.images:
        return str(message.images[0])
    if message.results.images:
        return str(message.results.images[0].name)
    named = (value for key, value in sorted(message.substitutions.items()) if "IMAGE" in key)
    return next(named, "")
