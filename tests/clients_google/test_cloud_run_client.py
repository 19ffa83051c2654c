from __future__ import annotations

import pytest
from google_samples import AT, JOB, REGION, add_executions, make_settings

from bot.clients.google import GoogleCloud
from bot.models.cloud import Execution, ExecutionStatus
from bot.models.errors import ProblemKind, ServiceError
from bot.sandbox.google.servers import GoogleServers
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World


async def test_an_execution_is_read_whole(world: World, cloud: GoogleCloud) -> None:
    """Reuse of a runner hangs on its queue, entity, limit and times, so every field is read."""
    add_executions(
        world,
        started=AT,
        args=("launch-agent", "--queue", "q1", "--entity=acme", "-j", "4"),
        env={"LAUNCH_ID": "abcd1234"},
        timeout_seconds=3600,
        retries=1,
    )

    found = (await cloud.runners.list_executions(REGION, deadline=5))[0]

    name = f"{JOB}-00000"
    assert found.url.startswith("https://console.cloud.google.com/logs/")
    assert (
        Execution(
            resource=f"projects/acme-ml/locations/{REGION}/jobs/{JOB}/executions/{name}",
            name=name,
            region=REGION,
            status=ExecutionStatus.RUNNING,
            created=AT,
            started=AT,
            queue="q1",
            entity="acme",
            max_jobs=4,
            launch_id="abcd1234",
            time_limit=3600.0,
            retries=1,
            url=found.url,
        )
        == found
    )


async def test_every_page_is_read_newest_first(world: World, cloud: GoogleCloud) -> None:
    """A running runner must show however many newer ones there are, so no page may be left out."""
    made = add_executions(world, 250)

    found = await cloud.runners.list_executions(REGION, deadline=5)

    assert [one.name for one in made] == [one.name for one in found]
    assert world.calls["run", "ListExecutions", REGION] == 3


async def test_other_jobs_of_the_project_stay_out(world: World, cloud: GoogleCloud) -> None:
    """Other teams' executions hold other teams' environments: only the runner job is asked for."""
    add_executions(world, job="somebody-elses")

    assert await cloud.runners.list_executions(REGION, deadline=5) == ()


async def test_a_region_without_the_runner_job_has_no_executions(world: World, cloud: GoogleCloud) -> None:
    """Cloud Run answers NOT_FOUND there, which means none, not a failure."""
    assert await cloud.runners.list_executions("europe-west4", deadline=5) == ()
    assert world.calls["run", "ListExecutions", "europe-west4"] == 1


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("pending", ExecutionStatus.PENDING),
        ("running", ExecutionStatus.RUNNING),
        ("succeeded", ExecutionStatus.SUCCEEDED),
        ("failed", ExecutionStatus.FAILED),
        ("cancelled", ExecutionStatus.CANCELLED),
    ],
)
async def test_conditions_and_counts_become_a_status(
    world: World, cloud: GoogleCloud, state: str, status: ExecutionStatus
) -> None:
    """Cloud Run has no status field: a cancelled runner is one that failed with the reason CANCELLED."""
    ended = AT if status not in (ExecutionStatus.PENDING, ExecutionStatus.RUNNING) else None
    [made] = add_executions(world, state=state, ended=ended, message="Ended <!channel>." if ended else "")

    found = await cloud.runners.get_execution(
        f"projects/acme-ml/locations/{REGION}/jobs/{JOB}/executions/{made.name}"
    )

    assert status is found.status
    assert "<!channel>" not in found.reason
    assert bool(found.reason) == (state in ("failed", "cancelled"))


async def test_starting_returns_the_execution_at_once(world: World, cloud: GoogleCloud) -> None:
    """The launch id in the environment is how a lost answer is found again; the job's own arguments stay."""
    started = await cloud.runners.start(region=REGION, launch_id="abcd1234")

    [made] = world.executions.values()
    assert made.name == started.name
    assert made.env == {"LAUNCH_ID": "abcd1234"}
    assert (started.launch_id, started.queue, started.max_jobs) == ("abcd1234", "vertex-ai-queue", -1)
    assert await cloud.runners.list_executions(REGION, deadline=5) == (started,)


async def test_an_unclear_start_is_never_repeated(world: World, cloud: GoogleCloud) -> None:
    """The server may have started it before it failed: a second try could pay for a second runner."""
    world.faults.append(Fault("run", method="RunJob", status="UNAVAILABLE", after_effect=True))

    with pytest.raises(ServiceError) as caught:
        await cloud.runners.start(region=REGION, launch_id="abcd1234")

    assert caught.value.problem.kind is ProblemKind.UNAVAILABLE
    assert not caught.value.problem.effectless
    assert world.calls["run", "RunJob", REGION] == 1
    assert [one.env["LAUNCH_ID"] for one in world.executions.values()] == ["abcd1234"]


async def test_a_refused_start_surely_did_nothing(world: World, cloud: GoogleCloud) -> None:
    """A refusal needs no search for a lost effect, and names the permission to add."""
    world.faults.append(Fault("run", method="RunJob", status="PERMISSION_DENIED"))

    with pytest.raises(ServiceError) as caught:
        await cloud.runners.start(region=REGION, launch_id="abcd1234")

    problem = caught.value.problem
    assert (ProblemKind.DENIED, "run.jobs.run", True) == (problem.kind, problem.missing, problem.effectless)


async def test_starting_a_job_that_is_not_there_is_a_failure(cloud: GoogleCloud) -> None:
    """Only a listing takes NOT_FOUND for none: a start that started nothing has failed."""
    with pytest.raises(ServiceError) as caught:
        await cloud.runners.start(region="europe-west4", launch_id="abcd1234")

    assert caught.value.problem.kind is ProblemKind.NOT_FOUND


async def test_cancelling_ends_an_execution_once(world: World, cloud: GoogleCloud) -> None:
    """A second cancel says that there is nothing left to cancel, instead of pretending."""
    started = await cloud.runners.start(region=REGION, launch_id="abcd1234")

    await cloud.runners.cancel(started.resource)
    with pytest.raises(ServiceError) as caught:
        await cloud.runners.cancel(started.resource)

    assert world.executions[started.name].state == "cancelled"
    assert caught.value.problem.kind is ProblemKind.INVALID
    assert world.calls["run", "CancelExecution", REGION] == 2


async def test_a_start_that_hangs_ends_at_the_call_deadline(world: World, servers: GoogleServers) -> None:
    """Nobody waits for a hung region longer than the settings say, and the sentence says that number."""
    world.faults.append(Fault("run", method="RunJob", hang=True))
    cloud = GoogleCloud(make_settings(servers.endpoints, timing={"call": 0.3}))

    with pytest.raises(ServiceError) as caught:
        await cloud.runners.start(region=REGION, launch_id="abcd1234")
    await cloud.close()

    assert caught.value.problem.kind is ProblemKind.TIMED_OUT
    assert caught.value.problem.message == "no answer within 0.3 s"
    assert not caught.value.problem.effectless
