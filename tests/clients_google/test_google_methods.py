from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from google.cloud import aiplatform_v1, run_v2
from google.cloud.devtools import cloudbuild_v1
from google.cloud.logging_v2.services import logging_service_v2
from google_samples import REGION, make_settings

from bot.clients.google.channels import GoogleTransport
from bot.clients.google.methods import METHODS, Method

CLIENTS: dict[str, Any] = {
    "google.cloud.run.v2.Executions": run_v2.ExecutionsAsyncClient,
    "google.cloud.run.v2.Jobs": run_v2.JobsAsyncClient,
    "google.cloud.aiplatform.v1.JobService": aiplatform_v1.JobServiceAsyncClient,
    "google.devtools.cloudbuild.v1.CloudBuild": cloudbuild_v1.CloudBuildAsyncClient,
    "google.logging.v2.LoggingServiceV2": logging_service_v2.LoggingServiceV2AsyncClient,
}
PLACE = f"projects/acme-ml/locations/{REGION}"
FIELDS: dict[str, dict[str, Any]] = {
    "ListExecutions": {"parent": f"{PLACE}/jobs/a job", "page_size": 100},
    "GetExecution": {"name": f"{PLACE}/jobs/j/executions/e"},
    "CancelExecution": {"name": f"{PLACE}/jobs/j/executions/e"},
    "RunJob": {
        "name": f"{PLACE}/jobs/j",
        "overrides": {"container_overrides": [{"env": [{"name": "LAUNCH_ID", "value": "k3x9a2bq"}]}]},
    },
    "ListCustomJobs": {"parent": PLACE, "filter": 'state="x"', "read_mask": {"paths": ["name", "state"]}},
    "GetCustomJob": {"name": f"{PLACE}/customJobs/1"},
    "CancelCustomJob": {"name": f"{PLACE}/customJobs/1"},
    "ListBuilds": {"parent": PLACE, "project_id": "acme-ml", "filter": "f", "page_size": 4},
    "CancelBuild": {"name": f"{PLACE}/builds/b", "project_id": "acme-ml", "id": "b"},
    "ListLogEntries": {"resource_names": ["projects/acme-ml"], "filter": "f", "page_token": "t"},
}


@dataclass
class Recorder(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc leaves it untyped
    """Answers everything with an empty message, and notes what came: path, routing and bytes."""

    seen: list[tuple[str, str, bytes]] = field(default_factory=list)

    def service(self, details: Any) -> Any:
        routing = dict(details.invocation_metadata).get("x-goog-request-params", "")

        async def answer(request: bytes, _context: Any) -> bytes:
            self.seen.append((details.method, routing, request))
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.fixture
async def recorded() -> AsyncIterator[tuple[Recorder, str]]:
    recorder, server = Recorder(), grpc.aio.server()
    server.add_generic_rpc_handlers((recorder,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield recorder, f"127.0.0.1:{port}"
    await server.stop(None)


async def ask_as_google_does(method: Method, place: str) -> None:
    """The same call by the client that Google generates for it."""
    kind = CLIENTS[method.api.service]
    transport = kind.get_transport_class("grpc_asyncio")(channel=grpc.aio.insecure_channel(place))
    client = kind(transport=transport)
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower()
    await getattr(client, name)(request=FIELDS[method.name], retry=None)
    await transport.close()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
async def test_each_method_says_on_the_wire_what_googles_own_client_says(
    method: Method, recorded: tuple[Recorder, str]
) -> None:
    """A request without its routing header, or of another shape, fails in production only."""
    recorder, place = recorded
    transport = GoogleTransport(
        make_settings(dict.fromkeys(("run", "aiplatform", "build", "logging"), f"http://{place}")).google
    )

    await transport.ask(method, REGION, FIELDS[method.name], timeout=5)
    await transport.close()
    await ask_as_google_does(method, place)

    ours, theirs = recorder.seen
    assert theirs == ours


def test_the_hosts_are_those_of_googles_own_clients() -> None:
    """An address that only production uses is never called by a test."""
    hosts = {
        method.api.host.replace("{region}-", ""): CLIENTS[method.api.service].DEFAULT_ENDPOINT
        for method in METHODS
    }

    assert all(ours == theirs for ours, theirs in hosts.items())
