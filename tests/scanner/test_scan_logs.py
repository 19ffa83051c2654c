from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from scan_samples import (
    CLOUD,
    EAST,
    EUROPE,
    ROOT_CAUSE,
    WEST,
    Monitor,
    add_build,
    add_job,
    add_log,
    add_runner,
    ago,
)

from bot.models.diagnosis import Category, Diagnosis
from bot.models.scan import Finding, Scan, Section, Unread
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World

OpenMonitor = Callable[..., Awaitable[Monitor]]


def finding(scan: Scan, name: str) -> Finding:
    return next(found.finding for found in scan.found if found.row_id == name)


async def test_a_scan_without_failures_reads_logs_once(monitor: Monitor, world: World) -> None:
    """Cloud Logging allows 60 reads a minute for a whole project: five runners cost one, not five."""
    for number in range(5):
        add_runner(world, f"runner-{number}", region=(EAST, WEST, EUROPE)[number % 3])
        add_log(world, "runner", f"runner-{number}", f"Runs: {number}")

    scan = await monitor.scan()

    assert 1 == monitor.reads()
    assert {f"runner-{number}": number for number in range(5)} == {
        log.execution: log.runs for log in scan.logs
    }


async def test_nothing_to_count_is_no_read(monitor: Monitor, world: World) -> None:
    """Without runners nothing is asked of Cloud Logging."""
    add_job(world, "100001")

    await monitor.scan()

    assert 0 == monitor.reads()


async def test_a_newly_failed_thing_costs_one_read_once_and_for_ever(
    open_monitor: OpenMonitor, world: World
) -> None:
    """A runner, a job and a build that failed are read once each, also by a bot that was started anew."""
    add_runner(world, "runner-a", state="failed")
    add_log(world, "runner", "runner-a", "polling", ROOT_CAUSE)
    add_job(world, "100001", state="FAILED", error="Replica exited with a non-zero status")
    add_log(world, "job", "100001", "step 1", "torch.OutOfMemoryError: CUDA out of memory.")
    add_build(world, "build-a", status="FAILURE", failure="Build step failure")
    add_log(world, "build", "build-a", "Step #1", "ERROR: failed to solve: python:3.99: not found")
    monitor = await open_monitor()

    scans = [await monitor.scan() for _ in range(3)]
    reads = monitor.reads()
    again = await (await open_monitor()).scan()

    assert 3 + 3 == reads, "a read for each failure, and one count a scan for a runner without a count"
    assert reads + 1 == monitor.reads()
    for scan in (*scans, again):
        assert isinstance(finding(scan, "runner-a"), Diagnosis)
        assert Category.OUT_OF_MEMORY_GPU is getattr(finding(scan, "100001"), "category", None)
        assert isinstance(finding(scan, "build-a"), Diagnosis)
    assert finding(scans[0], "runner-a") == finding(again, "runner-a")


async def test_the_count_of_an_ended_runner_is_read_once(monitor: Monitor, world: World) -> None:
    """What an ended runner did will not change; the scan's one read is kept for those at work."""
    add_runner(world, "runner-a", state="succeeded")
    add_log(world, "runner", "runner-a", "Runs: 1", "Runs: 2")

    counts = [(await monitor.scan(Section.RUNNERS)).logs[0].runs for _ in range(3)]

    assert [2, 2, 2] == counts
    assert 1 == monitor.reads()


async def test_a_fresh_failure_is_looked_at_again_when_late_lines_have_come(
    monitor: Monitor, world: World
) -> None:
    """Logs arrive late: the first word is provisional, and costs two reads, not one a scan."""
    add_job(world, "100001", state="FAILED", created=ago(70), ended=ago(2))
    add_log(world, "job", "100001", "step 1", age=10)

    first = await monitor.scan(Section.JOBS)
    await monitor.scan(Section.JOBS)
    add_log(world, "job", "100001", "torch.OutOfMemoryError: CUDA out of memory.", age=1)
    early = monitor.reads()
    monitor.clock.passed += 90
    late = await monitor.scan(Section.JOBS)
    await monitor.scan(Section.JOBS)

    assert (1, 2) == (early, monitor.reads())
    assert Category.OUT_OF_MEMORY_GPU is not getattr(finding(first, "100001"), "category", None)
    assert Category.OUT_OF_MEMORY_GPU is getattr(finding(late, "100001"), "category", None)


async def test_an_empty_log_is_asked_for_again_only_after_a_while(monitor: Monitor, world: World) -> None:
    """A job that never wrote a line must not cost a read of the shared quota at every scan."""
    add_job(world, "100001", state="FAILED")

    for _ in range(5):
        scan = await monitor.scan(Section.JOBS)

    assert Unread("Its log is empty, or has not arrived yet.") == finding(scan, "100001")
    assert 1 == monitor.reads()


async def test_a_log_that_stays_empty_is_not_asked_for_for_ever(monitor: Monitor, world: World) -> None:
    """Fifteen minutes after its end no line comes any more: the next scans of that day cost nothing."""
    add_job(world, "100001", state="FAILED", created=ago(4_000), ended=ago(3_600))

    for _ in range(3):
        scan = await monitor.scan(Section.JOBS)
        monitor.clock.passed += 600

    assert 1 == monitor.reads()
    assert "its log shows no cause" in monitor.said(scan)


async def test_an_error_of_ours_is_never_remembered(open_monitor: OpenMonitor, world: World) -> None:
    """Cloud Logging refusing once must not become what people read of that failure for ever."""
    add_job(world, "100001", state="FAILED")
    add_log(world, "job", "100001", "torch.OutOfMemoryError: CUDA out of memory.")
    world.faults.append(Fault("logging", status="RESOURCE_EXHAUSTED", times=1))
    monitor = await open_monitor()

    before, after = await monitor.scan(Section.JOBS), await monitor.scan(Section.JOBS)

    assert isinstance(finding(before, "100001"), Unread)
    assert "could not be read" in monitor.said(before)
    assert Category.OUT_OF_MEMORY_GPU is getattr(finding(after, "100001"), "category", None)


async def test_runs_that_could_not_be_counted_are_not_known(monitor: Monitor, world: World) -> None:
    """A failed count is a dash and a footer, not a zero, and the runner's own outcome stands."""
    add_runner(world, "runner-a")
    world.faults.append(Fault("logging", status="PERMISSION_DENIED"))

    scan = await monitor.scan(Section.RUNNERS)

    assert "Runs are not known: no permission to read logs" in monitor.said(scan)
    assert "● running" in monitor.said(scan)


async def test_a_log_in_cloud_storage_costs_no_read(monitor: Monitor, world: World) -> None:
    """Some builds log to a bucket only; asking Cloud Logging for them is a wasted read."""
    add_build(world, "build-a", status="FAILURE", log_in_gcs_only=True)

    scan = await monitor.scan(Section.RECENT_BUILDS)

    assert isinstance(finding(scan, "build-a"), Unread)
    assert 0 == monitor.reads()


async def test_rows_that_failed_in_two_scans_at_once_are_read_once(monitor: Monitor, world: World) -> None:
    """Two people asking for different tables at the same moment share the read of a failure."""
    add_job(world, "100001", state="FAILED")
    add_log(world, "job", "100001", "torch.OutOfMemoryError: CUDA out of memory.")
    world.latency = {"-": 0.2}

    running = [monitor.start(Section.JOBS), monitor.start(*CLOUD)]
    scans = [await one.diagnosed() for one in running]

    assert 1 == monitor.reads()
    assert finding(scans[0], "100001") == finding(scans[1], "100001")


async def test_secrets_in_a_log_do_not_reach_the_tables(monitor: Monitor, world: World) -> None:
    """Logs hold keys; what a scan shows of them has been redacted."""
    add_runner(world, "runner-a", state="failed")
    add_log(world, "runner", "runner-a", f"WANDB_API_KEY={'5a' * 20}", ROOT_CAUSE)

    assert "5a5a5a" not in monitor.said(await monitor.scan(Section.RUNNERS))


async def test_markup_in_a_jobs_name_is_dead_when_it_is_shown(monitor: Monitor, world: World) -> None:
    """A job called `<!channel>` must not wake everybody up."""
    add_job(world, "100001", display_name="<!channel> free GPUs @here")

    said = monitor.said(await monitor.scan(Section.JOBS))

    assert "free GPUs" in said
    assert "<!channel>" not in said
    assert "@here" not in said


async def test_a_hanging_region_holds_up_no_diagnosis(open_monitor: OpenMonitor, world: World) -> None:
    """What failed elsewhere is explained while the region that hangs is still being waited for."""
    add_job(world, "100001", state="FAILED")
    add_log(world, "job", "100001", "torch.OutOfMemoryError: CUDA out of memory.")
    add_runner(world, "runner-a")
    world.faults.append(Fault("aiplatform", EUROPE, hang=True))
    monitor = await open_monitor(scan_first=0.2, scan_limit=1.5)

    running = monitor.start()
    await running.first()
    while not any(isinstance(found.finding, Diagnosis) for found in running.snapshot().found):
        assert running.snapshot().asking
        await asyncio.sleep(0.01)
    scan = await running.diagnosed()

    assert not scan.asking
    assert 2 == monitor.reads(), "one count and one diagnosis, though rows came twice"
