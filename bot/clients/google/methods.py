"""Definitions of the Google services and methods that this package calls."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any, Literal
from urllib.parse import quote_plus

from bot.clients.google.protobuf import segment

# sys.modules is global: concurrent imports must not see each other's stub packages.
_IMPORT_LOCK = threading.Lock()


def import_lean(package: str, module: str, *, stubs: tuple[str, ...] = ("",)) -> ModuleType:
    """Import `package` + `module` with stubs in place of the `__init__` of the named packages.

    `stubs` holds suffixes of `package`, outermost first. Packages that are already loaded are left unchanged.
    """
    with _IMPORT_LOCK:
        emptied = [name for suffix in stubs if _stub_package(name := package + suffix)]
        try:
            return importlib.import_module(package + module)
        finally:
            for name in emptied:
                del sys.modules[name]


def _stub_package(name: str) -> bool:
    if name in sys.modules:
        return False
    parent = sys.modules.get(name.rpartition(".")[0]) or importlib.import_module(name.rpartition(".")[0])
    spec = PathFinder.find_spec(name, parent.__path__)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"No package named {name!r}", name=name)
    empty = ModuleType(name)
    empty.__path__ = list(spec.submodule_search_locations)
    empty.__spec__ = spec
    sys.modules[name] = empty
    return True


Setting = Literal["aiplatform", "run", "build", "logging"]
Routing = Literal["", "parent", "name"]


@dataclass(frozen=True, slots=True, eq=False)
class Api:
    """One service: its name in messages, its host, and the package that defines its messages.

    `setting` is the settings key of its address, `host` Google's default; both may contain `{region}`.
    """

    system: str
    setting: Setting
    host: str
    service: str
    package: str


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """One method of a service and its messages, each with the module that defines it.

    `routing` is the request field that Google uses for routing; with `by_location` only the location in that
    field is sent (https://google.aip.dev/4222). With an empty `answer` the response is returned as bytes.
    `rows` is the response field that holds the rows of a listing.
    """

    api: Api
    name: str
    request: str
    answer: str = ""
    routing: Routing = ""
    by_location: bool = False
    rows: str = ""

    @property
    def path(self) -> str:
        """The gRPC path of the method."""
        return f"/{self.api.service}/{self.name}"

    def header(self, fields: Mapping[str, Any]) -> str:
        """Return the value of the routing header for a request, "" when the method has none."""
        if not self.routing:
            return ""
        value = str(fields[self.routing])
        if self.by_location:
            return f"location={segment(value, 'locations')}"
        return f"{self.routing}={quote_plus(value, safe='/')}"

    def load(self) -> tuple[Any, Any]:
        """Import the raw protobuf classes of request and response (None for bytes). Slow on first use."""
        return self._message(self.request), self._message(self.answer) if self.answer else None

    def _message(self, name: str) -> Any:
        module, _, kind = name.partition(".")
        types = import_lean(self.api.package, f".types.{module}", stubs=("", ".types"))
        # Raw messages: reading them takes a fifth of the time of proto-plus.
        return getattr(types, kind).pb()


# Hosts: the DEFAULT_ENDPOINT of each Google client; Vertex AI has one host per region
# (https://docs.cloud.google.com/vertex-ai/docs/reference/rest#service-endpoint).
_EXECUTIONS = Api(
    system="Cloud Run",
    setting="run",
    host="run.googleapis.com",
    service="google.cloud.run.v2.Executions",
    package="google.cloud.run_v2",
)
_RUN_JOBS = Api(
    system="Cloud Run",
    setting="run",
    host="run.googleapis.com",
    service="google.cloud.run.v2.Jobs",
    package="google.cloud.run_v2",
)
_CUSTOM_JOBS = Api(
    system="Vertex AI",
    setting="aiplatform",
    host="{region}-aiplatform.googleapis.com",
    service="google.cloud.aiplatform.v1.JobService",
    package="google.cloud.aiplatform_v1",
)
_BUILDS = Api(
    system="Cloud Build",
    setting="build",
    host="cloudbuild.googleapis.com",
    service="google.devtools.cloudbuild.v1.CloudBuild",
    package="google.cloud.devtools.cloudbuild_v1",
)
_LOGGING = Api(
    system="Cloud Logging",
    setting="logging",
    host="logging.googleapis.com",
    service="google.logging.v2.LoggingServiceV2",
    package="google.cloud.logging_v2",
)

LIST_EXECUTIONS = Method(
    _EXECUTIONS,
    "ListExecutions",
    "execution.ListExecutionsRequest",
    "execution.ListExecutionsResponse",
    routing="parent",
    rows="executions",
)
GET_EXECUTION = Method(
    _EXECUTIONS, "GetExecution", "execution.GetExecutionRequest", "execution.Execution", routing="name"
)
CANCEL_EXECUTION = Method(_EXECUTIONS, "CancelExecution", "execution.CancelExecutionRequest", routing="name")
RUN_JOB = Method(_RUN_JOBS, "RunJob", "job.RunJobRequest", routing="name", by_location=True)
LIST_CUSTOM_JOBS = Method(
    _CUSTOM_JOBS,
    "ListCustomJobs",
    "job_service.ListCustomJobsRequest",
    "job_service.ListCustomJobsResponse",
    routing="parent",
    rows="custom_jobs",
)
GET_CUSTOM_JOB = Method(
    _CUSTOM_JOBS, "GetCustomJob", "job_service.GetCustomJobRequest", "custom_job.CustomJob", routing="name"
)
CANCEL_CUSTOM_JOB = Method(
    _CUSTOM_JOBS, "CancelCustomJob", "job_service.CancelCustomJobRequest", routing="name"
)
LIST_BUILDS = Method(
    _BUILDS,
    "ListBuilds",
    "cloudbuild.ListBuildsRequest",
    "cloudbuild.ListBuildsResponse",
    routing="parent",
    by_location=True,
    rows="builds",
)
CANCEL_BUILD = Method(
    _BUILDS, "CancelBuild", "cloudbuild.CancelBuildRequest", routing="name", by_location=True
)
LIST_LOG_ENTRIES = Method(
    _LOGGING, "ListLogEntries", "logging.ListLogEntriesRequest", "logging.ListLogEntriesResponse"
)
METHODS: tuple[Method, ...] = (
    LIST_EXECUTIONS,
    GET_EXECUTION,
    CANCEL_EXECUTION,
    RUN_JOB,
    LIST_CUSTOM_JOBS,
    GET_CUSTOM_JOB,
    CANCEL_CUSTOM_JOB,
    LIST_BUILDS,
    CANCEL_BUILD,
    LIST_LOG_ENTRIES,
)
