"""What the system that this one replaces got wrong when a region fails, each named by its defect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from scan_samples import (
    EAST,
    EUROPE,
    REGIONS,
    ROOT_CAUSE,
    WEST,
    Monitor,
    add_build,
    add_job,
    add_log,
    add_runner,
    ago,
    answer_of,
)

from bot.models.scan import Nothing, Section, Service, Stale
from bot.models.scan_rows import table_rows
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World

OpenMonitor = Callable[..., Awaitable[Monitor]]
GOOGLE = ("run", "aiplatform", "build")


async def test_a_failed_region_was_silent(monitor: Monitor, world: World) -> None:
    """One denied region used to look like a region without rows, behind the same green ticks."""
    add_job(world, "100001", region=EAST)
    world.faults += [Fault(service, EUROPE, status="PERMISSION_DENIED") for service in GOOGLE]

    said = monitor.said(await monitor.scan())

    assert "(some regions did not answer)" in said
    assert "No answer from europe-west4." in said
    assert "europe-west4: no permission to list executions; grant run.executions.list" in said


async def test_older_runners_replaced_the_one_that_could_not_be_asked_for(
    monitor: Monitor, world: World
) -> None:
    """Five old runners filled the table while the only running one was in the denied region."""
    for number in range(5):
        add_runner(world, f"old-{number}", state="succeeded", region=EAST, created=ago(9_000 + number))
    add_runner(world, "at-work", region=EUROPE)
    world.faults.append(Fault("run", EUROPE, status="PERMISSION_DENIED"))

    said = monitor.said(await monitor.scan(Section.RUNNERS))

    assert "not all answered" in said
    assert "europe-west4" in said


async def test_all_regions_denied_read_like_an_empty_project(monitor: Monitor, world: World) -> None:
    """ "No runner executions found" was said when nobody had been allowed to look."""
    world.faults += [Fault(service, status="PERMISSION_DENIED") for service in GOOGLE]

    said = monitor.said(await monitor.scan())

    assert "Nothing is known" in said
    for lie in ("No runners.", "No active builds.", "No recent builds.", "No jobs."):
        assert lie not in said


async def test_rows_of_an_earlier_refresh_were_shown_as_live(monitor: Monitor, world: World) -> None:
    """When everything was denied at the second refresh the first one's rows stood there unmarked."""
    add_job(world, "100001")
    await monitor.scan(Section.JOBS)
    world.faults.append(Fault("aiplatform", status="PERMISSION_DENIED"))
    monitor.clock.passed += 60

    scan = await monitor.scan(Section.JOBS)
    said = monitor.said(scan)

    assert isinstance(answer_of(scan, Service.JOBS, EAST), Stale)
    assert "Older rows from us-east1, up to 1 min" in said
    assert "these rows are 1 min" in said


async def test_finished_builds_stayed_active_for_ever(monitor: Monitor, world: World) -> None:
    """A refresh that found nothing brought the last rows back: builds that had ended kept working."""
    build = add_build(world, "build-a")
    before = await monitor.scan(Section.BUILDS)
    build.status, build.ended = "SUCCESS", ago(0)

    after = await monitor.scan(Section.BUILDS)

    assert "build-a" in monitor.said(before)
    assert Nothing() == answer_of(after, Service.BUILDS_ACTIVE, EAST)
    assert "No active builds." in monitor.said(after)


async def test_a_refusal_of_cloud_logging_was_remembered_for_ever(monitor: Monitor, world: World) -> None:
    """ "Error fetching logs" stayed as the error after the quota had healed."""
    add_runner(world, "runner-a", state="failed")
    add_log(world, "runner", "runner-a", ROOT_CAUSE)
    world.faults.append(Fault("logging", status="RESOURCE_EXHAUSTED", times=2))

    before, after = await monitor.scan(Section.RUNNERS), await monitor.scan(Section.RUNNERS)

    assert "could not be read" in monitor.said(before)
    assert "could not be read" not in monitor.said(after)
    assert "ermission" in monitor.said(after)


async def test_a_region_that_is_away_for_a_moment_lost_its_rows(monitor: Monitor, world: World) -> None:
    """One 503 was one call, no second try, and rows silently missing."""
    add_job(world, "100001", region=EUROPE)
    world.faults.append(Fault("aiplatform", EUROPE, status="UNAVAILABLE", times=1))

    said = monitor.said(await monitor.scan(Section.JOBS))

    assert "100001" in said
    assert "No answer" not in said


async def test_what_was_at_work_was_hidden_by_newer_rows(monitor: Monitor, world: World) -> None:
    """A running runner behind five newer ones, and running jobs behind ten, were not shown at all."""
    add_runner(world, "at-work", created=ago(90_000), started=ago(89_990))
    add_job(world, "777777", created=ago(9 * 86_400), started=ago(9 * 86_400), region=WEST)
    add_build(world, "build-at-work", created=ago(8_000))
    for number in range(12):
        add_runner(world, f"newer-{number}", state="succeeded", created=ago(60 + number), ended=ago(1))
        add_job(world, str(100_000 + number), state="SUCCEEDED", created=ago(60 + number), ended=ago(1))
        add_build(world, f"build-{number}", status="SUCCESS", created=ago(60 + number), ended=ago(1))

    scan = await monitor.scan()
    said = monitor.said(scan)

    assert all(name in said for name in ("at-work", "777777", "build-at"))
    assert [6, 1, 4, 11] == [len(table_rows(scan, section)) for section in scan.sections]


async def test_one_execution_without_a_start_emptied_the_table(monitor: Monitor, world: World) -> None:
    """Sorting a time with none raised, was swallowed, and read "No runner executions found"."""
    add_runner(world, "runner-a", state="pending", started=None)
    add_runner(world, "runner-b")
    add_job(world, "100001", state="QUEUED", started=None)

    said = monitor.said(await monitor.scan(Section.RUNNERS, Section.JOBS))

    assert all(name in said for name in ("runner-a", "runner-b", "100001"))


async def test_a_hanging_region_held_everything_up_without_a_word(
    open_monitor: OpenMonitor, world: World
) -> None:
    """One region hanging for a minute cost ten, and its rows were missing unsaid."""
    add_runner(world, "runner-a", region=WEST)
    world.faults += [Fault(service, EUROPE, hang=True) for service in GOOGLE]
    monitor = await open_monitor(scan_limit=0.6)
    loop = asyncio.get_running_loop()
    began = loop.time()

    said = monitor.said(await monitor.scan())

    assert loop.time() - began < 1.5
    assert "No answer from europe-west4." in said
    assert "runner-a" in said


async def test_our_own_trouble_with_a_log_was_shown_as_the_runners_error(
    open_monitor: OpenMonitor, world: World
) -> None:
    """A log read that took too long became the runner's error, for ever, in the words of a subprocess."""
    add_runner(world, "runner-a", state="failed", message="The container exited with an error.")
    add_log(world, "runner", "runner-a", ROOT_CAUSE)
    world.faults.append(Fault("logging", status="DEADLINE_EXCEEDED", times=2))
    monitor = await open_monitor()

    before, after = await monitor.scan(Section.RUNNERS), await monitor.scan(Section.RUNNERS)

    assert "The container exited with an error" in monitor.said(before)
    assert "could not be read" in monitor.said(before)
    assert "could not be read" not in monitor.said(after)


async def test_logs_that_cannot_be_read_made_a_runner_complete(monitor: Monitor, world: World) -> None:
    """The outcome is Cloud Run's word: a failed runner without a readable log is still a failed one."""
    add_runner(world, "runner-a", state="failed")
    world.faults.append(Fault("logging", status="PERMISSION_DENIED"))

    said = monitor.said(await monitor.scan(Section.RUNNERS))

    assert "✗ failed" in said
    assert "✓" not in said


async def test_tables_were_gathered_one_after_another(open_monitor: OpenMonitor, world: World) -> None:
    """Four tables of 0.3 s each take 0.3 s, not 1.2 s: all is asked at once."""
    world.latency = {"*": 0.3}
    monitor = await open_monitor(scan_first=2)
    await monitor.scan()  # connects

    scan = await monitor.scan()

    assert len(REGIONS) * 4 + 2 == len(scan.cells)
    assert scan.took < 0.6
