"""A stand-in of Vertex AI's JobService, as far as custom jobs go."""

from __future__ import annotations

from typing import Any

from google.cloud import aiplatform_v1
from google.protobuf import empty_pb2

from bot.sandbox.google.failures import denied, invalid, not_found, precondition
from bot.sandbox.google.filter_fields import Field, TextField, TimeField, unknown_field
from bot.sandbox.google.filters import compile_filter
from bot.sandbox.google.job_message import job_message, job_name
from bot.sandbox.google.messages import raw
from bot.sandbox.google.names import PROJECT_NUMBER, Place, parse_name, region_of
from bot.sandbox.google.paging import cut, page_size
from bot.sandbox.google.rpc import Method, Service
from bot.sandbox.world.state import SimJob
from bot.sandbox.world.world import World

SERVICE = Service("aiplatform", "aiplatform.googleapis.com", "Vertex AI API")
DEFAULT_PAGE = 50
PAGE = 100  # no number is documented

_CustomJob = raw(aiplatform_v1.CustomJob)
_MASKABLE = frozenset(field.name for field in _CustomJob.DESCRIPTOR.fields)


class Vertex:
    """The methods, over one world. With `ignore_read_mask` the job specs come in spite of a mask."""

    def __init__(self, world: World, *, ignore_read_mask: bool = False) -> None:
        self._world = world
        self._ignore_read_mask = ignore_read_mask

    def methods(self) -> list[Method]:
        """Return what the server serves."""
        service = "google.cloud.aiplatform.v1.JobService"
        return [
            Method(
                service,
                "ListCustomJobs",
                raw(aiplatform_v1.ListCustomJobsRequest),
                raw(aiplatform_v1.ListCustomJobsResponse),
                self.list_custom_jobs,
                lambda request: region_of(request.parent),
                "aiplatform.customJobs.list",
            ),
            Method(
                service,
                "GetCustomJob",
                raw(aiplatform_v1.GetCustomJobRequest),
                _CustomJob,
                self.get_custom_job,
                lambda request: region_of(request.name),
                "aiplatform.customJobs.get",
            ),
            Method(
                service,
                "CancelCustomJob",
                raw(aiplatform_v1.CancelCustomJobRequest),
                empty_pb2.Empty,
                self.cancel_custom_job,
                lambda request: region_of(request.name),
                "aiplatform.customJobs.cancel",
            ),
        ]

    def list_custom_jobs(self, request: Any) -> Any:
        """Return the jobs of a region that pass the filter, reduced to the mask."""
        place = parse_name(request.parent, field="parent")
        self._check_project(place, "aiplatform.customJobs.list")
        mask = self._mask(request)
        size = page_size(request.page_size, default=DEFAULT_PAGE, most=PAGE)
        matches = compile_filter(request.filter, _field)
        rows = [job for job in self._world.jobs.values() if job.region == place.location and matches(job)]
        # Not by time, on purpose: no order is documented, so nobody may rely on one.
        rows.sort(key=lambda job: job.job_id)
        page, token = cut(
            rows,
            identity=lambda job: job.job_id,
            size=size,
            token=request.page_token,
            request=[request.parent, request.filter, *mask],
        )
        response = raw(aiplatform_v1.ListCustomJobsResponse)(next_page_token=token)
        response.custom_jobs.extend(job_message(job, mask) for job in page)
        return response

    def get_custom_job(self, request: Any) -> Any:
        """One job, with its spec: this method knows no mask."""
        return job_message(self._find(request.name, "aiplatform.customJobs.get"), ())

    def cancel_custom_job(self, request: Any) -> Any:
        """Asks a job to end; it goes through CANCELLING."""
        job = self._find(request.name, "aiplatform.customJobs.cancel")
        if not self._world.cancel_job(job.job_id) and job.state != "CANCELLING":
            raise precondition(
                f"CustomJob {job_name(job)} is in state JOB_STATE_{job.state}; it cannot be cancelled."
            )
        return empty_pb2.Empty()

    def _mask(self, request: Any) -> tuple[str, ...]:
        paths = tuple(request.read_mask.paths)
        for path in paths:
            if path != "*" and path.split(".")[0] not in _MASKABLE:
                raise invalid(f"Invalid field mask path '{path}'.", "read_mask")
        return () if self._ignore_read_mask or "*" in paths else paths

    def _find(self, name: str, permission: str) -> SimJob:
        place = parse_name(name, "customJobs")
        self._check_project(place, permission)
        job = self._world.jobs.get(place.ids[0])
        if job is None or job.region != place.location:
            raise not_found(f"The CustomJob does not exist: {name}.")
        return job

    def _check_project(self, place: Place, permission: str) -> None:
        if place.project not in (self._world.project, PROJECT_NUMBER):
            resource = f"projects/{place.project}/locations/{place.location}"
            raise denied(permission, resource, SERVICE.host)


_EQUAL = frozenset({"=", "!="})
_FIELDS: dict[str, Field] = {
    "display_name": TextField(lambda job: job.display_name, _EQUAL | {":"}),
    "state": TextField(lambda job: f"JOB_STATE_{job.state}", _EQUAL),
    "create_time": TimeField(lambda job: job.created),
}
_KEYED = 2  # labels.KEY


def _field(path: tuple[str, ...]) -> Field:
    if path[0] == "labels" and len(path) == _KEYED:
        return TextField(lambda job: job.labels.get(path[1]), _EQUAL | {":"})
    name = ".".join(path)
    if name not in _FIELDS:
        raise unknown_field(name)
    return _FIELDS[name]
