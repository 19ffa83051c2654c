"""Stand-in for the custom jobs of Vertex AI's JobService."""

from __future__ import annotations

from typing import Any

from google.cloud import aiplatform_v1
from google.protobuf import empty_pb2

from bot.sandbox.google.failures import denied, invalid, not_found, precondition
from bot.sandbox.google.filter_fields import Field, TextField, TimeField, unknown_field
from bot.sandbox.google.filters import compile_filter
from bot.sandbox.google.job_message import job_message, job_name
from bot.sandbox.google.messages import raw
from bot.sandbox.google.names import PROJECT_NUMBER, ResourceName, parse_name, region_of
from bot.sandbox.google.paging import page_size, paginate
from bot.sandbox.google.rpc import Method, Service
from bot.sandbox.world.state import SimJob
from bot.sandbox.world.world import World

SERVICE = Service("aiplatform", "aiplatform.googleapis.com", "Vertex AI API")
DEFAULT_PAGE = 50
PAGE = 100  # no number is documented

_CustomJob = raw(aiplatform_v1.CustomJob)
_MASKABLE = frozenset(field.name for field in _CustomJob.DESCRIPTOR.fields)


class Vertex:
    """Vertex AI's methods on one world. With `ignore_read_mask` job specs are returned despite a mask."""

    def __init__(self, world: World, *, ignore_read_mask: bool = False) -> None:
        self._world = world
        self._ignore_read_mask = ignore_read_mask

    def methods(self) -> list[Method]:
        """Return the methods to serve."""
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
        """Return the jobs of a region that match the filter, limited to the mask."""
        target = parse_name(request.parent, field="parent")
        self._check_project(target, "aiplatform.customJobs.list")
        mask = self._mask(request)
        size = page_size(request.page_size, default=DEFAULT_PAGE, most=PAGE)
        matches = compile_filter(request.filter, _field)
        rows = [job for job in self._world.jobs.values() if job.region == target.location and matches(job)]
        # Deliberately not ordered by time: Vertex AI documents no order, so the product must not rely on one.
        rows.sort(key=lambda job: job.job_id)
        page, token = paginate(
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
        """Return a job with its spec; this method supports no mask."""
        return job_message(self._find(request.name, "aiplatform.customJobs.get"), ())

    def cancel_custom_job(self, request: Any) -> Any:
        """Cancel a job, which goes through CANCELLING."""
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
        target = parse_name(name, "customJobs")
        self._check_project(target, permission)
        job = self._world.jobs.get(target.ids[0])
        if job is None or job.region != target.location:
            raise not_found(f"The CustomJob does not exist: {name}.")
        return job

    def _check_project(self, target: ResourceName, permission: str) -> None:
        if target.project not in (self._world.project, PROJECT_NUMBER):
            resource = f"projects/{target.project}/locations/{target.location}"
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
