"""The stand-ins share one world: what one does, the others show."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest
from google.cloud import run_v2
from google.cloud.run_v2.services.jobs.transports import JobsGrpcAsyncIOTransport
from sandbox_world_help import JOB, Play, log_of, push, until

from bot.sandbox.google.servers import GoogleServers
from bot.sandbox.world.world import World


@pytest.fixture
async def played(play: Play) -> AsyncIterator[tuple[World, run_v2.JobsAsyncClient]]:
    """A world at play, with Google Cloud's real client for Cloud Run's jobs on its server."""
    async with play() as world:
        servers = GoogleServers(world)
        await servers.start()
        channel = grpc.aio.insecure_channel(servers.endpoints["run"].removeprefix("http://"))
        yield world, run_v2.JobsAsyncClient(transport=JobsGrpcAsyncIOTransport(channel=channel))
        await channel.close()
        await servers.close()


async def test_run_job_starts_an_agent_that_takes_the_item(
    played: tuple[World, run_v2.JobsAsyncClient],
) -> None:
    """The whole way of a launch, from RunJob to its custom job, with the overrides in the execution."""
    world, client = played
    item = push(world)
    overrides = {"container_overrides": [{"env": [{"name": "LAUNCH_ID", "value": "abcd1234"}]}]}
    request = {"name": f"projects/acme-ml/locations/us-central1/jobs/{JOB}", "overrides": overrides}
    operation = await client.run_job(request, timeout=5)
    name = operation.metadata.name.rpartition("/")[2]
    await until(lambda: bool(world.jobs))

    execution = world.executions[name]
    assert (execution.state, execution.env["LAUNCH_ID"]) == ("running", "abcd1234")
    assert item.leased_by in log_of(world, execution)
    assert [job.labels["wandb-run-id"] for job in world.jobs.values()] == ["abcd1234"]
