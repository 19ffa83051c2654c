"""Stand-in for Cloud Build: builds of a region or of `global`."""

from __future__ import annotations

from typing import Any

from google.cloud.devtools import cloudbuild_v1

from bot.sandbox.google.build_message import build_message
from bot.sandbox.google.failures import invalid, not_found, precondition
from bot.sandbox.google.filter_fields import Field, TextField, TimeField, unknown_field
from bot.sandbox.google.filters import compile_filter
from bot.sandbox.google.messages import raw
from bot.sandbox.google.names import PROJECT_NUMBER, ResourceName, parse_name, region_of
from bot.sandbox.google.paging import page_size, paginate
from bot.sandbox.google.rpc import Method, Service
from bot.sandbox.world.state import SimBuild
from bot.sandbox.world.world import World

SERVICE = Service("build", "cloudbuild.googleapis.com", "Cloud Build API")
DEFAULT_PAGE = 50
PAGE = 1000  # no number is documented


class CloudBuild:
    """Cloud Build's methods on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def methods(self) -> list[Method]:
        """Return the methods to serve."""
        service, build = "google.devtools.cloudbuild.v1.CloudBuild", raw(cloudbuild_v1.Build)
        return [
            Method(
                service,
                "ListBuilds",
                raw(cloudbuild_v1.ListBuildsRequest),
                raw(cloudbuild_v1.ListBuildsResponse),
                self.list_builds,
                lambda request: region_of(request.parent) or "global",
                "cloudbuild.builds.list",
            ),
            Method(
                service,
                "GetBuild",
                raw(cloudbuild_v1.GetBuildRequest),
                build,
                self.get_build,
                lambda request: region_of(request.name) or "global",
                "cloudbuild.builds.get",
            ),
            Method(
                service,
                "CancelBuild",
                raw(cloudbuild_v1.CancelBuildRequest),
                build,
                self.cancel_build,
                lambda request: region_of(request.name) or "global",
                "cloudbuild.builds.update",
            ),
        ]

    def list_builds(self, request: Any) -> Any:
        """Return the builds of a location that match the filter, newest first.

        Without a parent these are the builds of `global`.
        """
        target = self._target(request.parent, request.project_id)
        size = page_size(request.page_size, default=DEFAULT_PAGE, most=PAGE)
        matches = compile_filter(request.filter, _field)
        rows = [row for row in self._world.builds.values() if row.region == target.location and matches(row)]
        rows.sort(key=lambda build: (build.created, build.build_id), reverse=True)
        page, token = paginate(
            rows,
            identity=lambda build: build.build_id,
            size=size,
            token=request.page_token,
            request=[target.location, request.filter],
        )
        response = raw(cloudbuild_v1.ListBuildsResponse)(next_page_token=token)
        response.builds.extend(build_message(self._world, build) for build in page)
        return response

    def get_build(self, request: Any) -> Any:
        """Return a build."""
        return build_message(self._world, self._find(request))

    def cancel_build(self, request: Any) -> Any:
        """Cancel a build that has not ended."""
        build = self._find(request)
        if not self._world.cancel_build(build.build_id):
            raise precondition(f"Build {build.build_id} is already in the terminal state {build.status}.")
        return build_message(self._world, build)

    def _find(self, request: Any) -> SimBuild:
        if request.name:
            target = parse_name(request.name, "builds", allow_global=True)
            self._check_project(target.project)
            location, build_id = target.location, target.ids[0]
        else:
            self._check_project(request.project_id)
            location, build_id = "global", request.id
        build = self._world.builds.get(build_id)
        if build is None or build.region != location:
            raise not_found("Requested entity was not found.")
        return build

    def _target(self, parent: str, project_id: str) -> ResourceName:
        if parent:
            target = parse_name(parent, field="parent", allow_global=True)
        elif project_id:
            target = ResourceName(project_id, "global")
        else:
            raise invalid("project_id must be provided.", "project_id")
        self._check_project(target.project)
        return target

    def _check_project(self, project: str) -> None:
        if project not in (self._world.project, PROJECT_NUMBER):
            raise not_found("Requested entity was not found.")


_EQUAL = frozenset({"=", "!="})
_FIELDS: dict[str, Field] = {
    "status": TextField(lambda build: build.status, _EQUAL),
    "build_id": TextField(lambda build: build.build_id, _EQUAL),
    "images": TextField(lambda build: build.image, _EQUAL | {":"}),
    "create_time": TimeField(lambda build: build.created),
    "finish_time": TimeField(lambda build: build.ended),
}


def _field(path: tuple[str, ...]) -> Field:
    name = ".".join(path)
    if name not in _FIELDS:
        raise unknown_field(name)
    return _FIELDS[name]
