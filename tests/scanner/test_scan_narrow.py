from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import scan_samples
from scan_samples import EAST, EUROPE, Monitor, add_job, add_log, add_run, add_runner, ago

from bot.models.cloud import Build, BuildStatus, CustomJob, Execution, ExecutionStatus, JobState
from bot.models.errors import BadInput, Problem, ProblemKind
from bot.models.launch import Launch, RunnerUse
from bot.models.scan import Answer, Cell, Failed, Nothing, Rows, Scan, Section, Service
from bot.models.scan_filter import Mine, ScanFilter, filter_scan, owned_by
from bot.models.scan_rows import all_rows, row_id
from bot.sandbox.world.world import World
from bot.scans.scanner import ScanRequest
from handlers.commands.parser import monitor_words, parse_monitor

OpenMonitor = Callable[..., Awaitable[Monitor]]
NOW = datetime(2026, 3, 6, 14, 2, tzinfo=UTC)
REGIONS = (EAST, EUROPE)


def hours(number: float) -> datetime:
    return NOW - timedelta(hours=number)


def a_scan(*cells: tuple[Service, Answer]) -> Scan:
    return Scan(started=NOW, took=0.1, cells=tuple(Cell(service, EAST, answer) for service, answer in cells))


def a_job(
    job_id: str, state: JobState, *, run_id: str = "", age: float = 1, ended: float | None = None
) -> CustomJob:
    return CustomJob(
        resource=job_id,
        job_id=job_id,
        display_name=job_id,
        region=EAST,
        state=state,
        run_id=run_id,
        created=hours(age),
        ended=None if ended is None else hours(ended),
    )


def ids(scan: Scan, section: Section) -> list[str]:
    return [row_id(row) for row in all_rows(scan, section)]


def test_failed_keeps_what_ended_badly_by_itself() -> None:
    """Who asks for failures does not want to read of cancelled jobs, nor miss an expired one."""
    states = (JobState.FAILED, JobState.EXPIRED, JobState.CANCELLED, JobState.SUCCEEDED, JobState.RUNNING)
    scan = a_scan((Service.JOBS, Rows(tuple(a_job(state, state) for state in states))))

    kept = filter_scan(scan, ScanFilter(failed=True))

    assert {"failed", "expired"} == set(ids(kept, Section.JOBS))


def test_since_keeps_what_ended_lately_and_what_is_at_work() -> None:
    """A job of last week that ended an hour ago is news; one at work is never hidden by its age."""
    jobs = (
        a_job("ended-lately", JobState.SUCCEEDED, age=90, ended=1),
        a_job("ended-before", JobState.SUCCEEDED, age=90, ended=3),
        a_job("at-work", JobState.RUNNING, age=90),
        replace(a_job("without-times", JobState.FAILED), created=None),
    )

    kept = filter_scan(a_scan((Service.JOBS, Rows(jobs))), ScanFilter(since=hours(2)))

    assert {"ended-lately", "at-work", "without-times"} == set(ids(kept, Section.JOBS))


def test_mine_is_by_the_ids_of_my_launches() -> None:
    """A row is mine because a launch of mine made it, never because it is new or bears my name."""
    runners = (
        Execution("r/a", "started-for-me", EAST, ExecutionStatus.RUNNING, launch_id="mine0001"),
        Execution("r/b", "used-by-me", EAST, ExecutionStatus.RUNNING),
        Execution("r/c", "a-strangers", EAST, ExecutionStatus.RUNNING, launch_id="other001"),
    )
    jobs = (a_job("1", JobState.RUNNING, run_id="mine0001"), a_job("2", JobState.RUNNING))
    scan = a_scan(
        (Service.RUNNERS, Rows(runners)),
        (Service.JOBS, Rows(jobs)),
        (Service.BUILDS_ACTIVE, Rows((Build("b", EAST, BuildStatus.WORKING),))),
    )

    kept = filter_scan(scan, ScanFilter(mine=Mine(frozenset({"mine0001"}), frozenset({"used-by-me"}))))

    assert {"started-for-me", "used-by-me"} == set(ids(kept, Section.RUNNERS))
    assert ["1"] == ids(kept, Section.JOBS)
    assert [] == ids(kept, Section.BUILDS)


def test_mine_comes_from_the_launches_of_that_person() -> None:
    """The store knows who launched what, and which runners each launch used."""
    launch = Launch(
        launch_id="mine0001", trigger_id="t", team_id="T", channel_id="C", user_id="UANA", user_name="ana",
        text="", preset="p", overrides=(), name="n", queue="q", region=EAST, created=NOW, due=NOW,
        limit_seconds=1, runners=(RunnerUse(), RunnerUse(name="used-by-me")),
    )  # fmt: skip
    other = replace(launch, launch_id="other001", user_id="UBOB")

    assert Mine(frozenset({"mine0001"}), frozenset({"used-by-me"})) == owned_by((launch, other), "UANA")


def test_what_could_not_be_asked_stays_said_in_a_narrowed_scan() -> None:
    """ "No failed jobs" is not the answer of a region that refused to tell."""
    refused = Failed(Problem(ProblemKind.DENIED, "Vertex AI", "no", EAST))
    scan = a_scan((Service.JOBS, refused), (Service.RUNNERS, Nothing()))

    kept = filter_scan(scan, ScanFilter(failed=True))

    assert [refused, Nothing()] == [cell.answer for cell in kept.cells]


async def test_a_narrowed_scan_shares_the_calls_and_reads_the_logs_of_what_it_shows(
    open_monitor: OpenMonitor, world: World
) -> None:
    """/monitor failed explains failures that /monitor does not show, and asks nothing twice for it."""
    for number in range(12):
        add_job(world, str(100_000 + number), state="SUCCEEDED", created=ago(60 + number), ended=ago(1))
    add_job(world, "777777", state="FAILED", created=ago(5_000), ended=ago(4_000))
    add_log(world, "job", "777777", "torch.OutOfMemoryError: CUDA out of memory.", age=4_100)
    monitor = await open_monitor(scan_cache_ttl=4)

    plain = await monitor.start(Section.JOBS).diagnosed()
    running = monitor.scanner.join(ScanRequest((Section.JOBS,), scan_samples.REGIONS, failed=True))
    scan = await running.diagnosed()

    assert "777777" not in monitor.said(plain)
    assert ["777777"] == ids(scan, Section.JOBS)
    assert "CUDA out of memory" in monitor.said(scan)
    assert len(scan_samples.REGIONS) == monitor.calls("aiplatform")


async def test_mine_shows_nothing_of_strangers(monitor: Monitor, world: World) -> None:
    """Without launches of mine the tables are empty and say that there may be others."""
    add_job(world, "100001")
    add_runner(world, "runner-a")
    add_run(world, "run00001")

    running = monitor.scanner.join(ScanRequest((Section.JOBS, Section.RUNNERS), (EAST,), mine="UANA"))
    said = monitor.said(await running.diagnosed())

    assert "100001" not in said
    assert "runner-a" not in said
    assert "No such jobs." in said


def test_words_become_a_request() -> None:
    """Words can be combined in any order."""
    request = parse_monitor("failed since=2h jobs mine region=us-east1", REGIONS, user_id="UANA")

    assert ScanRequest((Section.JOBS,), (EAST,), failed=True, since=7_200, mine="UANA") == request
    assert ScanRequest(tuple(Section), REGIONS) == parse_monitor("", REGIONS, user_id="UANA")


def test_kept_words_name_whose_rows_are_meant() -> None:
    """When bob refreshes ana's board it stays ana's."""
    kept = monitor_words("mine jobs", parse_monitor("mine jobs", REGIONS, user_id="UANA"))

    assert "UANA" == parse_monitor(kept, REGIONS, user_id="UBOB").mine


@pytest.mark.parametrize("word", ["since=soon", "since=", "since=0h", "since=8d", "since=2", "since=-2h"])
def test_a_span_that_is_none_is_answered_with_an_example(word: str) -> None:
    """The answer says what is allowed, with an example to copy."""
    with pytest.raises(BadInput, match=r"Example: /monitor since=2h"):
        parse_monitor(word, REGIONS, user_id="UANA")


def test_a_bad_word_is_answered_with_the_good_ones() -> None:
    """Nobody has to guess the words."""
    with pytest.raises(BadInput, match=r"runners, builds, .*completed, mine, failed, since=2h, region="):
        parse_monitor("mime", REGIONS, user_id="UANA")
