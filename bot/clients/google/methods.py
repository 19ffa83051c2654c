"""The Google services that we use and what we ask of them, as data."""

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

# sys.modules belongs to the whole process: two threads must not find each other's empty packages.
_ONE_AT_A_TIME = threading.Lock()


def import_lean(package: str, module: str, *, hollow: tuple[str, ...] = ("",)) -> ModuleType:
    """Import `package` + `module` with those parts of the package that `hollow` names left empty.

    `hollow` holds suffixes of `package`, outer ones first. Packages that are loaded already stay as they are.
    """
    with _ONE_AT_A_TIME:
        emptied = [name for suffix in hollow if _hollow_out(name := package + suffix)]
        try:
            return importlib.import_module(package + module)
        finally:
            for name in emptied:
                del sys.modules[name]


def _hollow_out(name: str) -> bool:
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
    """One service: who it is to a person, where it lives, and the package that describes its messages.

    `setting` names the address in the settings, `host` Google's own (`{region}` may stand in either).
    """

    system: str
    setting: Setting
    host: str
    service: str
    package: str


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """What can be asked of a service: the method and its messages, each with the module that holds it.

    `routing` is the request's field by whose value Google finds the right servers, or, `by_location`, by
    the location in it (https://google.aip.dev/4222). An empty `answer` is one that is left as bytes; `rows`
    is the answer's field that holds the rows of a listing.
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
        """The method as gRPC names it."""
        return f"/{self.api.service}/{self.name}"

    def header(self, fields: Mapping[str, Any]) -> str:
        """Return what the routing header says for a request of these fields; "" when the method has none."""
        if not self.routing:
            return ""
        value = str(fields[self.routing])
        if self.by_location:
            return f"location={segment(value, 'locations')}"
        return f"{self.routing}={quote_plus(value, safe='/')}"

    def load(self) -> tuple[Any, Any]:
        """Import the raw protobuf classes of request and answer (None: bytes). Slow the first time."""
        return self._message(self.request), self._message(self.answer) if self.answer else None

    def _message(self, name: str) -> Any:
        module, _, kind = name.partition(".")
        types = import_lean(self.api.package, f".types.{module}", hollow=("", ".types"))
        # Raw messages: reading them costs a fifth of the same through proto-plus.
        return getattr(types, kind).pb()


# Hosts: the DEFAULT_ENDPOINT of each installed client; Vertex AI has one host a region
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
