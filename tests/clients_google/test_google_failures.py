from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from google_samples import REGION, add_builds, add_executions, add_jobs, add_lines, make_settings

from bot.clients.google import GoogleCloud
from bot.models.diagnosis import Source
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.ports import LogScope
from bot.sandbox.google.servers import GoogleServers
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World

Ask = Callable[[GoogleCloud, float], Awaitable[object]]

SCOPE = LogScope(Source.CLOUD_RUN, ("runner-a",), datetime(2026, 11, 1, tzinfo=UTC))
ASKS: dict[str, tuple[str, Ask]] = {
    "run": ("Cloud Run", lambda cloud, limit: cloud.runners.list_executions(REGION, deadline=limit)),
    "aiplatform": (
        "Vertex AI",
        lambda cloud, limit: cloud.jobs.list_jobs(REGION, created_after=None, deadline=limit),
    ),
    "build": ("Cloud Build", lambda cloud, limit: cloud.builds.list_active(REGION, deadline=limit)),
    "logging": (
        "Cloud Logging",
        lambda cloud, limit: cloud.logs.read(SCOPE, newest_first=True, limit=10, deadline=limit),
    ),
}
METHODS = {
    "run": "ListExecutions",
    "aiplatform": "ListCustomJobs",
    "build": "ListBuilds",
    "logging": "ListLogEntries",
}
each_service = pytest.mark.parametrize("service", list(ASKS))


def calls(world: World, service: str) -> int:
    region = "-" if service == "logging" else REGION
    return world.calls[service, METHODS[service], region]


async def problem(cloud: GoogleCloud, service: str, *, limit: float = 5) -> Problem:
    with pytest.raises(ServiceError) as caught:
        await ASKS[service][1](cloud, limit)
    return caught.value.problem


@each_service
@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [
        ("PERMISSION_DENIED", ProblemKind.DENIED, 1),
        ("UNAUTHENTICATED", ProblemKind.UNAUTHENTICATED, 1),
        ("RESOURCE_EXHAUSTED", ProblemKind.EXHAUSTED, 1),
        ("INVALID_ARGUMENT", ProblemKind.INVALID, 1),
        ("FAILED_PRECONDITION", ProblemKind.INVALID, 1),
        ("OUT_OF_RANGE", ProblemKind.INVALID, 1),
        ("UNIMPLEMENTED", ProblemKind.INVALID, 1),
        ("ALREADY_EXISTS", ProblemKind.INVALID, 1),
        ("DEADLINE_EXCEEDED", ProblemKind.TIMED_OUT, 1),
        ("UNAVAILABLE", ProblemKind.UNAVAILABLE, 3),
        ("INTERNAL", ProblemKind.UNAVAILABLE, 3),
        ("ABORTED", ProblemKind.UNAVAILABLE, 1),
        ("CANCELLED", ProblemKind.UNAVAILABLE, 1),
        ("UNKNOWN", ProblemKind.UNKNOWN, 1),
        ("DATA_LOSS", ProblemKind.UNKNOWN, 1),
    ],
)
async def test_each_status_has_one_meaning(
    world: World, cloud: GoogleCloud, service: str, status: str, kind: ProblemKind, tries: int
) -> None:
    """What a person can mend follows from the kind, and only passing failures are tried again."""
    world.faults.append(Fault(service, status=status, message="because"))

    found = await problem(cloud, service)

    region = "-" if service == "logging" else REGION
    assert (kind, ASKS[service][0], region) == (found.kind, found.system, found.region)
    assert "because" in found.message
    assert tries == calls(world, service)


@pytest.mark.parametrize("service", ["aiplatform", "build", "logging"])
async def test_not_found_is_a_failure_but_for_the_runner_job(
    world: World, cloud: GoogleCloud, service: str
) -> None:
    """Only "this region lacks the runner job" means none; elsewhere NOT_FOUND is a wrong project."""
    world.faults.append(Fault(service, status="NOT_FOUND"))

    found = await problem(cloud, service)

    assert found.kind is ProblemKind.NOT_FOUND


@each_service
async def test_a_passing_failure_heals_inside(world: World, cloud: GoogleCloud, service: str) -> None:
    """Two bad answers of a region cost a moment, not its rows."""
    add_executions(world)
    add_jobs(world)
    add_builds(world)
    add_lines(world, "runner-a", "hello")
    world.faults.append(Fault(service, status="UNAVAILABLE", times=2))

    answer = await ASKS[service][1](cloud, 5)

    assert answer
    assert calls(world, service) == 3


@each_service
async def test_a_missing_permission_is_named(world: World, cloud: GoogleCloud, service: str) -> None:
    """The footer can say which permission to add."""
    world.faults.append(Fault(service, status="PERMISSION_DENIED"))

    found = await problem(cloud, service)

    permission = {
        "run": "run.executions.list",
        "aiplatform": "aiplatform.customJobs.list",
        "build": "cloudbuild.builds.list",
        "logging": "logging.logEntries.list",
    }[service]
    assert (permission, True) == (found.missing, found.effectless)


async def test_a_permission_is_found_in_the_words_alone(world: World, cloud: GoogleCloud) -> None:
    """Older services name the permission in their sentence only."""
    world.faults.append(
        Fault("build", status="PERMISSION_DENIED", message='Required "cloudbuild.builds.list" permission.')
    )

    found = await problem(cloud, "build")

    assert found.missing == "cloudbuild.builds.list"


@each_service
async def test_an_api_that_is_not_enabled_is_told_apart(
    world: World, cloud: GoogleCloud, service: str
) -> None:
    """ "Enable the API" is another mend than "add a role"."""
    world.faults.append(Fault(service, status="PERMISSION_DENIED", reason="SERVICE_DISABLED"))

    found = await problem(cloud, service)

    assert found.kind is ProblemKind.API_DISABLED
    assert found.missing.endswith(".googleapis.com")


@each_service
async def test_an_exhausted_quota_says_when_to_come_back(
    world: World, cloud: GoogleCloud, service: str
) -> None:
    """The delay that the server names reaches the person, and asking again at once would make it worse."""
    world.faults.append(Fault(service, status="RESOURCE_EXHAUSTED", retry_delay=12.5))

    found = await problem(cloud, service)

    assert (ProblemKind.EXHAUSTED, 12.5) == (found.kind, found.retry_after)
    assert calls(world, service) == 1


@each_service
async def test_a_hanging_region_ends_at_its_deadline(world: World, cloud: GoogleCloud, service: str) -> None:
    """A region that never answers costs exactly what it was given."""
    world.faults.append(Fault(service, hang=True))
    loop = asyncio.get_running_loop()
    began = loop.time()

    found = await problem(cloud, service, limit=0.3)

    assert (ProblemKind.TIMED_OUT, "no answer within 0.3 s") == (found.kind, found.message)
    assert 0.25 < loop.time() - began < 1


async def test_the_deadline_holds_over_all_pages(world: World, cloud: GoogleCloud) -> None:
    """Five slow pages are one slow listing: the deadline is not granted anew for each."""
    add_jobs(world, 450)
    world.latency["*"] = 0.2

    found = await problem(cloud, "aiplatform", limit=0.5)

    assert found.kind is ProblemKind.TIMED_OUT
    assert calls(world, "aiplatform") <= 3


async def test_tries_end_with_the_deadline(world: World, servers: GoogleServers) -> None:
    """When no time is left for another try, the answer tells what failed, not that time ran out."""
    world.faults.append(Fault("aiplatform", status="UNAVAILABLE", message="down for a while"))
    world.latency["*"] = 0.2
    cloud = GoogleCloud(make_settings(servers.endpoints, timing={"retry": 10}))

    found = await problem(cloud, "aiplatform", limit=0.6)
    await cloud.close()

    assert found.kind in (ProblemKind.UNAVAILABLE, ProblemKind.TIMED_OUT)
    assert calls(world, "aiplatform") <= 2


@each_service
async def test_secrets_and_markup_do_not_leave_in_error_texts(
    world: World, cloud: GoogleCloud, service: str
) -> None:
    """Google's sentences quote what was sent to it, and go to a channel."""
    secret = "ghp_" + "a1B2" * 9
    world.faults.append(
        Fault(service, status="INVALID_ARGUMENT", message=f"Bad env GITHUB_TOKEN={secret} <!channel>")
    )

    found = await problem(cloud, service)

    assert secret not in found.message
    assert "<!channel>" not in found.message


@each_service
async def test_nobody_listening_is_unavailable_and_without_effect(service: str) -> None:
    """A call that never left the machine surely changed nothing, so a launch may safely send it again."""
    async with closed_port() as port:
        cloud = GoogleCloud(make_settings({service: f"http://127.0.0.1:{port}"}))
        found = await problem(cloud, service)
        await cloud.close()

    assert (ProblemKind.UNAVAILABLE, True) == (found.kind, found.effectless)


@each_service
async def test_a_connection_that_never_speaks_ends_at_the_deadline(service: str) -> None:
    """A half-open connection accepts and stays silent; it must not hold a scan."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        cloud = GoogleCloud(make_settings({service: f"http://127.0.0.1:{silent.getsockname()[1]}"}))
        found = await problem(cloud, service, limit=0.3)
        await cloud.close()

    assert found.kind in (ProblemKind.TIMED_OUT, ProblemKind.UNAVAILABLE)


async def test_no_credentials_is_said_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials nothing was sent, and the person is told to sign in, not to wait."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    cloud = GoogleCloud(make_settings({}))

    found = await problem(cloud, "run")
    await cloud.close()

    assert (ProblemKind.UNAUTHENTICATED, True) == (found.kind, found.effectless)


@asynccontextmanager
async def closed_port() -> AsyncIterator[int]:
    """A port at which nobody listens, kept by a bound socket so that nobody else gets it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.parametrize("end", [3_980, 3_990, 4_010])
async def test_what_is_painted_over_does_not_bring_the_end_of_what_is_read_to_light(
    world: World, cloud: GoogleCloud, end: int
) -> None:
    """What is read of a message ends somewhere, maybe within a key, which moves up behind a painted one."""
    secret = "ghp_" + "a1B2c3D4e" * 4
    first = f"Bad: -----BEGIN PRIVATE KEY-----{'Ab1' * 2_000}"[: end - 30] + "-----END PRIVATE KEY-----"
    world.faults.append(Fault("aiplatform", status="INVALID_ARGUMENT", message=f"{first} {secret} x"))

    found = await problem(cloud, "aiplatform")

    assert found.message.startswith("Bad: [private key removed]")
    assert secret[4:9] not in found.message
