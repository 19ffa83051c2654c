"""The five Google clients that we use, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from bot.clients.google_imports import import_lean

Setting = Literal["aiplatform", "run", "build", "logging"]


@dataclass(frozen=True, slots=True)
class Api:
    """One generated client: who it is to a person, where it lives, and which class calls it.

    `setting` names the address in the settings, `host` Google's own (`{region}` may stand in either).
    """

    system: str
    setting: Setting
    host: str
    package: str
    module: str
    name: str
    hollow: tuple[str, ...] = ("",)

    def load(self) -> tuple[Any, Any]:
        """Imports the client: its asynchronous class and its transport's class. Slow the first time."""
        client = import_lean(self.package, f"{self.module}.async_client", hollow=self.hollow)
        transport = import_lean(self.package, f"{self.module}.transports.grpc_asyncio", hollow=self.hollow)
        return getattr(client, f"{self.name}AsyncClient"), getattr(
            transport, f"{self.name}GrpcAsyncIOTransport"
        )


_WITH_TYPES = ("", ".types")

# Hosts: the DEFAULT_ENDPOINT of each installed client; Vertex AI has one host a region
# (https://docs.cloud.google.com/vertex-ai/docs/reference/rest#service-endpoint).
EXECUTIONS = Api(
    system="Cloud Run",
    setting="run",
    host="run.googleapis.com",
    package="google.cloud.run_v2",
    module=".services.executions",
    name="Executions",
    hollow=_WITH_TYPES,
)
RUN_JOBS = Api(
    system="Cloud Run",
    setting="run",
    host="run.googleapis.com",
    package="google.cloud.run_v2",
    module=".services.jobs",
    name="Jobs",
    hollow=_WITH_TYPES,
)
CUSTOM_JOBS = Api(
    system="Vertex AI",
    setting="aiplatform",
    host="{region}-aiplatform.googleapis.com",
    package="google.cloud.aiplatform_v1",
    module=".services.job_service",
    name="JobService",
    hollow=_WITH_TYPES,
)
BUILDS = Api(
    system="Cloud Build",
    setting="build",
    host="cloudbuild.googleapis.com",
    package="google.cloud.devtools.cloudbuild_v1",
    module=".services.cloud_build",
    name="CloudBuild",
)
LOGGING = Api(
    system="Cloud Logging",
    setting="logging",
    host="logging.googleapis.com",
    package="google.cloud.logging_v2",
    module=".services.logging_service_v2",
    name="LoggingServiceV2",
)
APIS: tuple[Api, ...] = (EXECUTIONS, RUN_JOBS, CUSTOM_JOBS, BUILDS, LOGGING)
