from __future__ import annotations

from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.cloud import aiplatform_v1, run_v2
from google.cloud.devtools import cloudbuild_v1
from google.cloud.logging_v2 import types
from google.longrunning import operations_pb2
from google.protobuf import field_mask_pb2
from google_samples import (
    AT,
    JOB,
    PROJECT,
    REGION,
    WANDB_KEY,
    add_builds,
    add_executions,
    add_jobs,
    add_lines,
    ask,
    refusal,
)

from bot.sandbox.google.messages import raw
from bot.sandbox.google.servers import GoogleServers
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World

EXECUTIONS = "/google.cloud.run.v2.Executions/"
RUN_JOB = "/google.cloud.run.v2.Jobs/RunJob"
CUSTOM_JOBS = "/google.cloud.aiplatform.v1.JobService/"
BUILDS = "/google.devtools.cloudbuild.v1.CloudBuild/"
ENTRIES = "/google.logging.v2.LoggingServiceV2/ListLogEntries"
PLACE = f"projects/{PROJECT}/locations/{REGION}"


async def list_executions(servers: GoogleServers, parent: str, **more: Any) -> tuple[str, str]:
    request = run_v2.ListExecutionsRequest(parent=parent, **more)
    return await refusal(
        servers.endpoints["run"], EXECUTIONS + "ListExecutions", request, run_v2.ListExecutionsResponse
    )


async def list_jobs(servers: GoogleServers, **more: Any) -> Any:
    request = aiplatform_v1.ListCustomJobsRequest(**{"parent": PLACE, **more})
    response = aiplatform_v1.ListCustomJobsResponse
    return await ask(servers.endpoints["aiplatform"], CUSTOM_JOBS + "ListCustomJobs", request, response)


async def list_jobs_status(servers: GoogleServers, **more: Any) -> str:
    request = aiplatform_v1.ListCustomJobsRequest(**{"parent": PLACE, **more})
    response = aiplatform_v1.ListCustomJobsResponse
    endpoint = servers.endpoints["aiplatform"]
    return (await refusal(endpoint, CUSTOM_JOBS + "ListCustomJobs", request, response))[0]


async def list_builds(servers: GoogleServers, **more: Any) -> tuple[str, str]:
    request = cloudbuild_v1.ListBuildsRequest(**more)
    return await refusal(
        servers.endpoints["build"], BUILDS + "ListBuilds", request, cloudbuild_v1.ListBuildsResponse
    )


async def list_entries(servers: GoogleServers, **more: Any) -> tuple[str, str]:
    request = types.ListLogEntriesRequest(**{"resource_names": [f"projects/{PROJECT}"], **more})
    return await refusal(servers.endpoints["logging"], ENTRIES, request, types.ListLogEntriesResponse)


@pytest.mark.parametrize(
    ("parent", "status"),
    [
        (f"{PLACE}/jobs/{JOB}", "OK"),
        (f"{PLACE}/jobs/-", "OK"),
        (f"projects/{PROJECT}/locations/-/jobs/{JOB}", "INVALID_ARGUMENT"),
        (f"projects/{PROJECT}/locations/global/jobs/{JOB}", "INVALID_ARGUMENT"),
        (f"projects/{PROJECT}/locations/mars/jobs/{JOB}", "INVALID_ARGUMENT"),
        (PLACE, "INVALID_ARGUMENT"),
        (f"{PLACE}/jobs/", "INVALID_ARGUMENT"),
        (f"/{PLACE}/jobs/{JOB}", "INVALID_ARGUMENT"),
        ("", "INVALID_ARGUMENT"),
        (f"{PLACE}/jobs/another", "NOT_FOUND"),
        (f"projects/{PROJECT}/locations/us-east1/jobs/{JOB}", "NOT_FOUND"),
        (f"projects/another/locations/{REGION}/jobs/{JOB}", "PERMISSION_DENIED"),
    ],
)
async def test_cloud_runs_parents_are_checked(servers: GoogleServers, parent: str, status: str) -> None:
    """A wrong name that the stand-in let pass would fail on the first day with the real service."""
    found = (await list_executions(servers, parent))[0]

    assert status == found


async def test_wildcard_lists_every_job_of_a_region(world: World, servers: GoogleServers) -> None:
    """`jobs/-` shows everybody's executions with their environments: the reason not to use it."""
    add_executions(world)
    add_executions(world, job="another")
    request = run_v2.ListExecutionsRequest(parent=f"{PLACE}/jobs/-")

    answer = await ask(
        servers.endpoints["run"], EXECUTIONS + "ListExecutions", request, run_v2.ListExecutionsResponse
    )

    assert {JOB, "another"} == {execution.job for execution in answer.executions}


async def test_run_job_answers_with_an_operation_that_ends_with_its_execution(
    world: World, servers: GoogleServers
) -> None:
    """The metadata is there at once and the operation is done hours later, so nobody may wait for it."""
    overrides = run_v2.RunJobRequest.Overrides(
        container_overrides=[{"args": ["-q", "other"], "env": [{"name": "A", "value": "1"}]}],
        timeout={"seconds": 60},
    )
    request = run_v2.RunJobRequest(name=f"{PLACE}/jobs/{JOB}", overrides=overrides)
    endpoint = servers.endpoints["run"]

    operation = await _operation(
        endpoint, RUN_JOB, raw(run_v2.RunJobRequest), run_v2.RunJobRequest.pb(request)
    )
    execution = raw(run_v2.Execution)()
    operation.metadata.Unpack(execution)
    world.cancel_execution(execution.name.rpartition("/")[2])
    again = await _operation(
        endpoint,
        "/google.longrunning.Operations/GetOperation",
        operations_pb2.GetOperationRequest,
        operations_pb2.GetOperationRequest(name=operation.name),
    )

    [container] = execution.template.containers
    assert not operation.done
    assert ["-q", "other"] == list(container.args)
    assert ("A", "1") in [(variable.name, variable.value) for variable in container.env]
    assert execution.template.timeout.seconds == 60
    assert again.done


async def _operation(endpoint: str, method: str, kind: Any, request: Any) -> Any:
    async with grpc.aio.insecure_channel(endpoint.removeprefix("http://")) as channel:
        call = channel.unary_unary(
            method,
            request_serializer=kind.SerializeToString,
            response_deserializer=operations_pb2.Operation.FromString,
        )
        return await call(request, timeout=5)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", {"7919", "15838", "23757"}),
        ('state="JOB_STATE_RUNNING"', {"7919"}),
        ('state!="JOB_STATE_RUNNING"', {"15838", "23757"}),
        ('create_time>="2026-11-23T11:59:30Z"', {"7919", "15838", "23757"}),
        ('create_time>"2026-11-23T12:00:00.000000001Z"', set()),
        ('create_time>="2026-11-23T13:00:00+01:00" AND state="JOB_STATE_FAILED"', {"15838"}),
        ('labels.wandb-run-id="abcd1234"', {"7919"}),
        ("labels.wandb-run-id:*", {"7919"}),
        ('display_name:"be*"', {"7919", "15838", "23757"}),
        ('NOT display_name="bert"', set()),
        ('state="JOB_STATE_FAILED" OR state="JOB_STATE_RUNNING" AND labels.wandb-run-id:*', {"7919"}),
        ('(state="JOB_STATE_FAILED") OR (state="JOB_STATE_RUNNING" AND labels.team:*)', {"15838"}),
    ],
)
async def test_vertex_filters_choose_as_documented(
    world: World, servers: GoogleServers, text: str, ids: set[str]
) -> None:
    """OR binds tighter than AND in Google's filters: read otherwise, a filter would choose other jobs."""
    add_jobs(world, labels={"wandb-run-id": "abcd1234"})
    add_jobs(world, state="FAILED")
    add_jobs(world, state="SUCCEEDED")

    answer = await list_jobs(servers, filter=text)

    assert ids == {job.name.rpartition("/")[2] for job in answer.custom_jobs}


@pytest.mark.parametrize(
    "text",
    [
        'create_time>="2026-11-23"',
        'create_time>="2026-11-23 12:00:00Z"',
        'create_time>="2026-11-23T12:00:00"',
        'create_time>="2026-13-01T12:00:00Z"',
        "create_time>=2026-11-23T12:00:00Z",
        'create_time:"2026-11-23T12:00:00Z"',
        'start_time>="2026-11-23T12:00:00Z"',
        'state>"JOB_STATE_RUNNING"',
        'state="JOB_STATE_RUNNING" AND',
        '(state="JOB_STATE_RUNNING"',
        'state="JOB_STATE_RUNNING',
        "state",
        '="x"',
        "state=~x",
    ],
)
async def test_vertex_refuses_filters_that_it_does_not_know(servers: GoogleServers, text: str) -> None:
    """A filter that only looks right is refused, never ignored."""
    assert await list_jobs_status(servers, filter=text) == "INVALID_ARGUMENT"


async def test_the_mask_decides_whether_the_key_is_sent(world: World, servers: GoogleServers) -> None:
    """Without a mask the answer holds the W&B key in clear text, as the real one does."""
    add_jobs(world, labels={"wandb-run-id": "abcd1234"})
    mask = field_mask_pb2.FieldMask(paths=["name", "labels", "create_time"])

    bare = await list_jobs(servers)
    masked = await list_jobs(servers, read_mask=mask)

    assert WANDB_KEY in str(bare)
    assert WANDB_KEY not in str(masked)
    [job] = masked.custom_jobs
    assert ("abcd1234", "", True) == (
        job.labels["wandb-run-id"],
        job.display_name,
        job.HasField("create_time"),
    )
    assert await list_jobs_status(servers, read_mask={"paths": ["spec"]}) == "INVALID_ARGUMENT"


async def test_page_sizes_have_defaults_and_maxima(world: World, servers: GoogleServers) -> None:
    """Whoever reads one page only would miss rows, as with the real service."""
    add_jobs(world, 130)

    sizes = [len((await list_jobs(servers, page_size=asked)).custom_jobs) for asked in (0, 10, 5000)]

    assert [50, 10, 100] == sizes
    assert await list_jobs_status(servers, page_size=-1) == "INVALID_ARGUMENT"


async def test_a_token_belongs_to_its_request(world: World, servers: GoogleServers) -> None:
    """Reading on with another filter is refused, not answered with other rows."""
    add_jobs(world, 30)
    token = (await list_jobs(servers, page_size=10)).next_page_token

    again = await list_jobs(servers, page_size=20, page_token=token)

    assert (20, "") == (len(again.custom_jobs), again.next_page_token)
    for wrong in ({"filter": 'state="JOB_STATE_RUNNING"', "page_token": token}, {"page_token": "x"}):
        assert await list_jobs_status(servers, **wrong) == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"parent": PLACE}, "OK"),
        ({"parent": f"projects/{PROJECT}/locations/global"}, "OK"),
        ({"project_id": PROJECT}, "OK"),
        ({"parent": f"projects/{PROJECT}/locations/-"}, "INVALID_ARGUMENT"),
        ({}, "INVALID_ARGUMENT"),
        ({"project_id": "another"}, "NOT_FOUND"),
        ({"parent": PLACE, "filter": 'status="WORKING"'}, "OK"),
        ({"parent": PLACE, "filter": "status=WORKING OR status=QUEUED"}, "OK"),
        ({"parent": PLACE, "filter": 'state="WORKING"'}, "INVALID_ARGUMENT"),
        ({"parent": PLACE, "filter": 'create_time>="yesterday"'}, "INVALID_ARGUMENT"),
    ],
)
async def test_cloud_builds_requests_are_checked(
    servers: GoogleServers, request_: dict[str, Any], status: str
) -> None:
    """Cloud Build has no wildcard location, and speaks of a project that it does not know as not found."""
    found = (await list_builds(servers, **request_))[0]

    assert status == found


async def test_without_a_parent_only_global_builds_come(world: World, servers: GoogleServers) -> None:
    """The legacy form of the call never shows regional builds."""
    add_builds(world)
    add_builds(world, region="global")
    request = cloudbuild_v1.ListBuildsRequest(project_id=PROJECT)

    answer = await ask(
        servers.endpoints["build"], BUILDS + "ListBuilds", request, cloudbuild_v1.ListBuildsResponse
    )

    assert ["b00001"] == [build.id for build in answer.builds]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({}, "OK"),
        ({"page_size": 1000, "order_by": "timestamp desc"}, "OK"),
        ({"page_size": 1001}, "INVALID_ARGUMENT"),
        ({"page_size": -1}, "INVALID_ARGUMENT"),
        ({"order_by": "timestamp descending"}, "INVALID_ARGUMENT"),
        ({"resource_names": []}, "INVALID_ARGUMENT"),
        ({"resource_names": [PROJECT]}, "INVALID_ARGUMENT"),
        ({"resource_names": ["projects/another"]}, "PERMISSION_DENIED"),
        ({"filter": f'resource.type="{"x" * 20_000}"'}, "INVALID_ARGUMENT"),
        ({"filter": 'timestamp>="yesterday"'}, "INVALID_ARGUMENT"),
        ({"filter": 'resource.kind="x"'}, "INVALID_ARGUMENT"),
        ({"filter": 'severity>="WORSE"'}, "INVALID_ARGUMENT"),
        ({"filter": 'labels."run.googleapis.com/execution_name"=("a" "b")'}, "INVALID_ARGUMENT"),
        ({"filter": 'labels."run.googleapis.com/execution_name"=("a" OR "b") severity>=ERROR'}, "OK"),
    ],
)
async def test_cloud_loggings_requests_are_checked(
    servers: GoogleServers, request_: dict[str, Any], status: str
) -> None:
    """Cloud Logging rejects a page over 1,000 instead of cutting it, and a filter over 20,000 characters."""
    found = (await list_entries(servers, **request_))[0]

    assert status == found


async def test_severity_filters_compare_by_rank(world: World, servers: GoogleServers) -> None:
    """The order of severities is not that of the alphabet."""
    for severity in ("DEFAULT", "INFO", "ERROR", "CRITICAL"):
        add_lines(world, "a", severity, severity=severity)
    request = types.ListLogEntriesRequest(
        resource_names=[f"projects/{PROJECT}"], filter="severity>=ERROR", order_by="timestamp desc"
    )

    answer = await ask(servers.endpoints["logging"], ENTRIES, request, types.ListLogEntriesResponse)

    assert ["CRITICAL", "ERROR"] == [entry.text_payload for entry in answer.entries]


async def test_entries_of_one_time_come_by_insert_id_in_both_orders(
    world: World, servers: GoogleServers
) -> None:
    """Not by order of writing, and not reversed: so it is documented."""
    for insert_id in ("c", "a", "b"):
        add_lines(world, "x", insert_id, at=AT)
        world.logs[-1].insert_id = insert_id

    orders = []
    for order in ("timestamp asc", "timestamp desc"):
        request = types.ListLogEntriesRequest(resource_names=[f"projects/{PROJECT}"], order_by=order)
        answer = await ask(servers.endpoints["logging"], ENTRIES, request, types.ListLogEntriesResponse)
        orders.append([entry.insert_id for entry in answer.entries])

    assert [["a", "b", "c"]] * 2 == orders


async def test_the_sixty_first_read_of_a_minute_is_refused(servers: GoogleServers) -> None:
    """The quota is 60 a minute for a project and cannot be raised."""
    statuses = [(await list_entries(servers))[0] for _ in range(61)]

    assert ["OK"] * 60 + ["RESOURCE_EXHAUSTED"] == statuses


async def test_an_entry_is_shown_when_it_becomes_visible(world: World, servers: GoogleServers) -> None:
    """What was written a moment ago is not there yet."""
    add_lines(world, "a", "early", "late")
    world.logs[1].visible = world.now() + timedelta(minutes=1)
    request = types.ListLogEntriesRequest(resource_names=[f"projects/{PROJECT}"])

    before = await ask(servers.endpoints["logging"], ENTRIES, request, types.ListLogEntriesResponse)
    world.logs[1].visible = world.now()
    after = await ask(servers.endpoints["logging"], ENTRIES, request, types.ListLogEntriesResponse)

    assert (["early"], ["early", "late"]) == (
        [entry.text_payload for entry in before.entries],
        [entry.text_payload for entry in after.entries],
    )


async def test_faults_meet_one_region_and_wear_off(world: World, servers: GoogleServers) -> None:
    """A scenario can break one region's next call and nothing else."""
    world.runner_jobs = {JOB: (REGION, "us-east1")}
    world.faults.append(Fault("run", region=REGION, method="ListExecutions", status="UNAVAILABLE", times=1))
    places = (PLACE, f"projects/{PROJECT}/locations/us-east1", PLACE)

    statuses = [(await list_executions(servers, f"{place}/jobs/{JOB}"))[0] for place in places]

    assert ["UNAVAILABLE", "OK", "OK"] == statuses
    assert world.calls["run", "ListExecutions", REGION] == 2
