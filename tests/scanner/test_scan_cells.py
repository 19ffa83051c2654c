from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from scan_samples import (
    EAST,
    EUROPE,
    REGIONS,
    WEST,
    Monitor,
    add_build,
    add_item,
    add_job,
    add_run,
    add_runner,
    ago,
    answer_of,
)

from bot.models.cloud import BuildStatus, CustomJob, Execution, ExecutionStatus, JobState, Run
from bot.models.errors import ProblemKind
from bot.models.scan import Asking, Failed, Nothing, Rows, Section, Service, Stale, TimedOut
from bot.models.scan_rows import all_rows, table_rows
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World
from bot.scans.cells import MAX_STALE_AGE

OpenMonitor = Callable[..., Awaitable[Monitor]]

STATUSES = {
    "PERMISSION_DENIED": ProblemKind.DENIED,
    "UNAUTHENTICATED": ProblemKind.UNAUTHENTICATED,
    "RESOURCE_EXHAUSTED": ProblemKind.EXHAUSTED,
    "INVALID_ARGUMENT": ProblemKind.INVALID,
    "FAILED_PRECONDITION": ProblemKind.INVALID,
    "OUT_OF_RANGE": ProblemKind.INVALID,
    "UNIMPLEMENTED": ProblemKind.INVALID,
    "ALREADY_EXISTS": ProblemKind.INVALID,
    "DEADLINE_EXCEEDED": ProblemKind.TIMED_OUT,
    "UNAVAILABLE": ProblemKind.UNAVAILABLE,
    "INTERNAL": ProblemKind.UNAVAILABLE,
    "ABORTED": ProblemKind.UNAVAILABLE,
    "CANCELLED": ProblemKind.UNAVAILABLE,
    "UNKNOWN": ProblemKind.UNKNOWN,
    "DATA_LOSS": ProblemKind.UNKNOWN,
}
SERVICES = {
    "run": (Section.RUNNERS, Service.RUNNERS),
    "build": (Section.RECENT_BUILDS, Service.BUILDS_RECENT),
    "aiplatform": (Section.JOBS, Service.JOBS),
}


async def test_rows_none_and_failures_stand_side_by_side(monitor: Monitor, world: World) -> None:
    """ "None" is never shown for "could not ask": the three are three types in one scan."""
    add_job(world, "100001", region=EAST)
    world.faults.append(Fault("aiplatform", EUROPE, status="PERMISSION_DENIED"))

    scan = await monitor.scan(Section.JOBS)

    assert isinstance(answer_of(scan, Service.JOBS, EAST), Rows)
    assert isinstance(answer_of(scan, Service.JOBS, WEST), Nothing)
    assert isinstance(answer_of(scan, Service.JOBS, EUROPE), Failed)
    assert "europe-west4: no permission to list custom jobs" in monitor.said(scan)


@pytest.mark.parametrize("service", list(SERVICES))
async def test_each_status_of_each_service_is_a_failure_of_its_cell_alone(
    open_monitor: OpenMonitor, world: World, service: str
) -> None:
    """Fifteen regions, each refusing in its own way, cost the sixteenth nothing."""
    places = {f"us-north{number}": status for number, status in enumerate(STATUSES)}
    regions = (*places, EAST)
    world.runner_jobs["vertex-ai-launcher"] = regions
    add_runner(world, "runner-a")
    add_job(world, "100001")
    add_build(world, "build-a")
    world.faults += [Fault(service, place, status=status) for place, status in places.items()]
    monitor = await open_monitor(regions=regions)
    section, asked = SERVICES[service]

    scan = await monitor.scan(section)

    answers = {place: answer_of(scan, asked, place) for place in places}
    kinds = {
        place: getattr(getattr(answer, "problem", None), "kind", None) for place, answer in answers.items()
    }
    expected = {place: STATUSES[status] for place, status in places.items()}
    late = next(place for place, status in places.items() if status == "DEADLINE_EXCEEDED")
    assert isinstance(answers[late], TimedOut)
    assert {**expected, late: None} == kinds
    assert isinstance(answer_of(scan, asked, EAST), Rows)


@pytest.mark.parametrize("service", ["build", "aiplatform"])
async def test_a_project_that_is_not_found_is_a_failure(monitor: Monitor, world: World, service: str) -> None:
    """A wrong project must not read like an empty one."""
    world.faults.append(Fault(service, status="NOT_FOUND"))
    section, asked = SERVICES[service]

    scan = await monitor.scan(section)

    assert all(isinstance(answer_of(scan, asked, region), Failed) for region in REGIONS)
    assert "Nothing is known" in monitor.said(scan)


async def test_a_region_without_the_runners_job_has_none(monitor: Monitor, world: World) -> None:
    """Most regions have no runner's job; that is no failure that people should read of every day."""
    world.runner_jobs["vertex-ai-launcher"] = (EAST,)

    scan = await monitor.scan(Section.RUNNERS)

    assert isinstance(answer_of(scan, Service.RUNNERS, WEST), Nothing)
    assert "No runners." in monitor.said(scan)


async def test_a_slow_region_is_awaited_and_the_others_are_told_first(monitor: Monitor, world: World) -> None:
    """What has come is shown with who is still asked; the rest follows, and nothing of it is lost."""
    add_job(world, "100001", region=EAST)
    add_job(world, "100002", region=WEST)
    await monitor.scan(Section.JOBS)  # connects
    monitor.clock.passed += 1
    world.latency = {WEST: 0.6}

    running = monitor.start(Section.JOBS)
    first, rows = await running.first(), await running.rows()

    assert isinstance(answer_of(first, Service.JOBS, WEST), Asking)
    assert "Still asking us-west1." in monitor.said(first)
    assert ["100001"] == [row.job_id for row in all_rows(first, Section.JOBS) if isinstance(row, CustomJob)]
    assert isinstance(answer_of(rows, Service.JOBS, WEST), Rows)
    assert "Still asking" not in monitor.said(rows)


async def test_a_hanging_region_ends_at_the_limit_and_costs_only_its_own_rows(
    open_monitor: OpenMonitor, world: World
) -> None:
    """One region that never answers keeps nobody waiting beyond the limit, and hides nobody's rows."""
    add_job(world, "100001", region=EAST)
    monitor = await open_monitor(scan_limit=0.7)
    await monitor.scan(Section.JOBS)  # connects
    monitor.clock.passed += 1
    world.faults.append(Fault("aiplatform", EUROPE, hang=True))
    loop = asyncio.get_running_loop()
    began = loop.time()

    running = monitor.start(Section.JOBS)
    first = await running.first()
    at_first = loop.time() - began
    scan = await running.diagnosed()

    assert isinstance(answer_of(first, Service.JOBS, EAST), Rows)
    assert at_first < 0.5
    assert TimedOut(0.7) == answer_of(scan, Service.JOBS, EUROPE)
    assert loop.time() - began < 1.2
    assert "europe-west4: no answer from Vertex AI within" in monitor.said(scan)


async def test_a_half_open_connection_counts_as_no_answer(open_monitor: OpenMonitor, world: World) -> None:
    """A far end that accepts and stays silent is given up like one that hangs."""
    add_runner(world, "runner-a")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monitor = await open_monitor(endpoints={"build": address}, scan_limit=0.6)

        scan = await monitor.scan(Section.RUNNERS, Section.BUILDS)

    assert isinstance(answer_of(scan, Service.BUILDS_ACTIVE, EAST), TimedOut | Failed)
    assert isinstance(answer_of(scan, Service.RUNNERS, EAST), Rows)


async def test_all_pages_are_read(monitor: Monitor, world: World) -> None:
    """A region with more jobs than one page holds shows the running one on the last page."""
    for number in range(250):
        add_job(world, str(100_000 + number), state="SUCCEEDED", created=ago(600 + number))
    add_job(world, "999999", created=ago(5_000))

    scan = await monitor.scan(Section.JOBS)

    assert 251 == len(all_rows(scan, Section.JOBS))
    assert "999999" in monitor.said(scan)


async def test_a_thousand_executions_are_read_and_five_are_shown(monitor: Monitor, world: World) -> None:
    """Cloud Run keeps a thousand ended executions of a job: the one at work among them must be found."""
    for number in range(1_000):
        add_runner(world, f"runner-{number:04}", state="succeeded", created=ago(1_000 + number))
    add_runner(world, "runner-at-work", created=ago(90_000), started=ago(89_990))

    scan = await monitor.scan(Section.RUNNERS)

    assert 6 == len(table_rows(scan, Section.RUNNERS))
    assert "runner-at-work" in monitor.said(scan)
    assert "(6 of 1,001)" in monitor.said(scan)


async def test_numbers_and_fields_that_we_do_not_know_are_rows_all_the_same(
    monitor: Monitor, world: World
) -> None:
    """APIs grow new states; a row in one is shown as unknown, never dropped and never called ended well."""
    add_job(world, "100001", state="77", started=None, display_name="")
    add_build(world, "build-a", status="88", started=None, image="", steps_total=0, created=ago(60))
    add_runner(world, "runner-a", state="pending", started=None, args=("launch-agent",))

    scan = await monitor.scan()

    [runner] = all_rows(scan, Section.RUNNERS)
    [job] = all_rows(scan, Section.JOBS)
    [build] = all_rows(scan, Section.RECENT_BUILDS)
    assert isinstance(runner, Execution)
    assert isinstance(job, CustomJob)
    assert (ExecutionStatus.PENDING, None, "") == (runner.status, runner.started, runner.queue)
    assert JobState.UNKNOWN is job.state
    assert BuildStatus.UNKNOWN is getattr(build, "status", None)
    assert "? unknown" in monitor.said(scan)


@pytest.mark.parametrize("skew", [timedelta(hours=-3), timedelta(hours=3)])
async def test_a_clock_that_is_wrong_hides_no_row(monitor: Monitor, world: World, skew: timedelta) -> None:
    """Our machine's clock may be hours off; what the services hold is shown, with no negative times."""
    monitor.clock.ahead = skew
    add_job(world, "100001")
    add_runner(world, "runner-a", state="failed")

    scan = await monitor.scan(Section.RUNNERS, Section.JOBS)
    said = monitor.said(scan)

    assert "100001" in said
    assert "runner-a" in said
    assert not re.search(r"-\d+ (s|min|h|d)\b", said)


async def test_older_rows_stand_in_for_a_failed_cell_and_say_how_old_they_are(
    monitor: Monitor, world: World
) -> None:
    """While a region is away its last rows help, as long as nobody can take them for new."""
    add_job(world, "100001", region=EUROPE)
    await monitor.scan(Section.JOBS)
    world.faults.append(Fault("aiplatform", EUROPE, status="PERMISSION_DENIED"))
    monitor.clock.passed += 120

    scan = await monitor.scan(Section.JOBS)
    answer = answer_of(scan, Service.JOBS, EUROPE)

    assert isinstance(answer, Stale)
    assert 119 <= answer.age < 125
    assert "100001" in monitor.said(scan)
    assert "europe-west4: not asked now (no permission to list custom jobs); these rows are 2 min" in (
        monitor.said(scan)
    )


async def test_rows_that_are_too_old_do_not_stand_in(monitor: Monitor, world: World) -> None:
    """After some minutes old rows say nothing of what is at work now."""
    add_job(world, "100001", region=EUROPE)
    await monitor.scan(Section.JOBS)
    world.faults.append(Fault("aiplatform", EUROPE, status="PERMISSION_DENIED"))
    monitor.clock.passed += MAX_STALE_AGE + 1

    scan = await monitor.scan(Section.JOBS)

    assert isinstance(answer_of(scan, Service.JOBS, EUROPE), Failed)


WANDB = (Section.RUNS, Section.COMPLETED)
OF_WANDB = (Service.RUNS_ACTIVE, Service.QUEUE_ITEMS, Service.RUNS_COMPLETED)


async def test_runs_and_queue_items_come_from_wandb(monitor: Monitor, world: World) -> None:
    """What runs, waits and has ended, each once: an item whose run is there is not told twice."""
    add_run(world, "run00001")
    add_run(world, "run00002", "finished")
    add_item(world, "item-one", run_id="run00001", state="CLAIMED")
    add_item(world, "item-two", run_id="run00003")

    scan = await monitor.scan(*WANDB)

    runs = [getattr(row, "run_id", "") for row in all_rows(scan, Section.RUNS)]
    assert {"run00001", "run00003"} == set(runs)
    assert 2 == len(runs)
    assert ["run00002"] == [row.run_id for row in all_rows(scan, Section.COMPLETED) if isinstance(row, Run)]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("401", ProblemKind.UNAUTHENTICATED),
        ("403", ProblemKind.DENIED),
        ("429", ProblemKind.EXHAUSTED),
        ("500", ProblemKind.UNAVAILABLE),
        ("html", ProblemKind.UNKNOWN),
    ],
)
async def test_wandb_failing_is_said_and_costs_no_row_of_the_clouds(
    monitor: Monitor, world: World, status: str, kind: ProblemKind
) -> None:
    """W&B has its own bad days; each has its own sentence, and the runners are shown as ever."""
    await monitor.scan(Section.COMPLETED)  # the library has its key checked when it connects
    add_runner(world, "runner-a")
    world.faults.append(Fault("wandb", status=status))

    scan = await monitor.scan(Section.RUNNERS, *WANDB)

    answers = [answer_of(scan, service, "-") for service in OF_WANDB]
    assert [kind] * 3 == [getattr(getattr(answer, "problem", None), "kind", answer) for answer in answers]
    assert "runner-a" in monitor.said(scan)


async def test_a_wandb_project_that_is_not_there_yet_has_no_runs(monitor: Monitor, world: World) -> None:
    """Before the first launch there is no project, which is no failure."""
    world.wandb_project = "another"

    scan = await monitor.scan(*WANDB)

    assert isinstance(answer_of(scan, Service.RUNS_COMPLETED, "-"), Nothing)
    assert "No completed runs." in monitor.said(scan)


async def test_wandb_hanging_delays_nothing_else(open_monitor: OpenMonitor, world: World) -> None:
    """W&B down delays nothing else, and its own wait is bounded."""
    add_runner(world, "runner-a")
    monitor = await open_monitor(scan_limit=0.8)
    await monitor.scan(Section.RUNNERS)  # connects
    monitor.clock.passed += 1
    world.faults.append(Fault("wandb", hang=True))

    running = monitor.start(Section.RUNNERS, *WANDB)
    first = await running.first()
    scan = await running.rows()

    assert isinstance(answer_of(first, Service.RUNNERS, EAST), Rows)
    assert {TimedOut(0.8)} == {answer_of(scan, service, "-") for service in OF_WANDB}


async def test_everything_failing_says_so_in_one_sentence(monitor: Monitor, world: World) -> None:
    """Six empty tables would be six lies."""
    world.faults += [Fault(service, status="PERMISSION_DENIED") for service in ("run", "aiplatform", "build")]

    said = monitor.said(await monitor.scan())

    assert said.startswith("Nothing is known: nobody could be asked.")
    assert "No runners." not in said
    assert "grant run.executions.list to the bot's service account" in said
