from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from google_samples import AT, REGION, WANDB_KEY, add_jobs, make_settings

from bot.clients.google import GoogleCloud
from bot.clients.google.channels import GoogleTransport
from bot.clients.google.vertex_ai import Vertex
from bot.models.cloud import CustomJob, JobState
from bot.models.errors import ProblemKind, ServiceError
from bot.sandbox.google.names import PROJECT_NUMBER
from bot.sandbox.google.servers import GoogleServers
from bot.sandbox.world.world import World


@pytest.fixture
async def vertex(servers: GoogleServers) -> AsyncIterator[Vertex]:
    settings = make_settings(servers.endpoints)
    transport = GoogleTransport(settings.google)
    yield Vertex(settings, transport)
    await transport.close()


async def test_a_job_is_read_whole(world: World, vertex: Vertex) -> None:
    """The label carries the launch's identity: a job is matched by it and by nothing else."""
    [made] = add_jobs(
        world,
        state="FAILED",
        labels={"wandb-run-id": "abcd1234"},
        started=AT,
        ended=AT,
        error_code=3,
        error="Replica exited with a non-zero status of 1.",
    )

    [found] = await vertex.list_jobs(REGION, created_after=None, deadline=5)

    url = f"https://console.cloud.google.com/vertex-ai/locations/{REGION}/training/{made.job_id}?project=acme-ml"
    assert (
        CustomJob(
            resource=f"projects/{PROJECT_NUMBER}/locations/{REGION}/customJobs/{made.job_id}",
            job_id=made.job_id,
            display_name="bert",
            region=REGION,
            state=JobState.FAILED,
            run_id="abcd1234",
            created=AT,
            started=AT,
            ended=AT,
            error="Replica exited with a non-zero status of 1.",
            url=url,
        )
        == found
    )
    assert await vertex.get_job(found.resource) == found


async def test_every_page_is_read_and_sorted_by_us(world: World, vertex: Vertex) -> None:
    """The listing promises no order, so "newest first" is our own doing over all pages."""
    made = add_jobs(world, 230)

    found = await vertex.list_jobs(REGION, created_after=None, deadline=5)

    assert [one.job_id for one in made] == [one.job_id for one in found]
    assert world.calls["aiplatform", "ListCustomJobs", REGION] == 3


async def test_the_time_bound_is_the_servers_work(world: World, vertex: Vertex) -> None:
    """A project keeps its jobs for ever: a tick may only read the young ones."""
    made = add_jobs(world, 10)

    found = await vertex.list_jobs(REGION, created_after=AT - timedelta(minutes=3), deadline=5)

    assert [one.job_id for one in made[:4]] == [one.job_id for one in found]


async def test_old_jobs_that_still_run_can_come_too(world: World, vertex: Vertex) -> None:
    """A running job is shown however old it is, without reading every job that ever ended."""
    add_jobs(world, 3, state="SUCCEEDED", created=AT - timedelta(days=30))
    [running] = add_jobs(world, state="RUNNING", created=AT - timedelta(days=20))
    [young] = add_jobs(world, state="FAILED", created=AT)

    found = await vertex.list_jobs(REGION, created_after=AT - timedelta(days=7), deadline=5, and_active=True)

    assert [young.job_id, running.job_id] == [one.job_id for one in found]


@pytest.mark.parametrize("ignored", [False, True])
async def test_no_key_crosses_the_clients_border(world: World, *, ignored: bool) -> None:
    """Job specs hold the W&B key in clear text; a server that ignores the mask must not change that."""
    [made] = add_jobs(world)
    servers = GoogleServers(world, ignore_read_mask=ignored)
    await servers.start()
    cloud = GoogleCloud(make_settings(servers.endpoints))

    [listed] = await cloud.jobs.list_jobs(REGION, created_after=None, deadline=5)
    got = await cloud.jobs.get_job(listed.resource)
    await cloud.close()
    await servers.close()

    assert made.env["WANDB_API_KEY"] == WANDB_KEY
    assert WANDB_KEY not in repr((listed, got))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("QUEUED", JobState.QUEUED),
        ("PENDING", JobState.PENDING),
        ("CANCELLING", JobState.CANCELLING),
        ("EXPIRED", JobState.EXPIRED),
        ("PARTIALLY_SUCCEEDED", JobState.PARTIALLY_SUCCEEDED),
        ("UNSPECIFIED", JobState.UNKNOWN),
        ("77", JobState.UNKNOWN),
    ],
)
async def test_a_state_that_we_do_not_know_is_unknown(
    world: World, vertex: Vertex, state: str, expected: JobState
) -> None:
    """A new number of the API is neither success nor failure, and breaks no scan."""
    add_jobs(world, state=state)

    [found] = await vertex.list_jobs(REGION, created_after=None, deadline=5)

    assert expected is found.state
    assert (found.started, found.ended) == (None, None)


async def test_cancelling_goes_by_way_of_the_server_once(world: World, vertex: Vertex) -> None:
    """Cancelling is asked for once; a job that has ended says so."""
    [running], [ended] = add_jobs(world), add_jobs(world, state="SUCCEEDED")
    resource = f"projects/acme-ml/locations/{REGION}/customJobs/"

    await vertex.cancel(resource + running.job_id)
    with pytest.raises(ServiceError) as caught:
        await vertex.cancel(resource + ended.job_id)

    assert world.jobs[running.job_id].state in ("CANCELLING", "CANCELLED")
    assert caught.value.problem.kind is ProblemKind.INVALID
    assert world.calls["aiplatform", "CancelCustomJob", REGION] == 2


@pytest.mark.parametrize("before", [1, 5, 12, 30])
async def test_an_error_of_megabytes_is_cut_and_its_secrets_do_not_show(
    world: World, vertex: Vertex, before: int
) -> None:
    """A trainer's last words may be anything; gRPC carries nearly four megabytes of them."""
    secret, words = "ghp_" + "a1B2c3D4e" * 4, "the replica failed " * 150_000
    add_jobs(world, state="FAILED", error_code=3, error=f"{words[: 65_535 - before]} {secret} {words}")

    [found] = await vertex.list_jobs(REGION, created_after=None, deadline=10)

    assert found.error.startswith("the replica failed")
    assert len(found.error) < 70_000
    assert secret[4:9] not in found.error
