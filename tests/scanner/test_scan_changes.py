"""What a refresh says is new: counted where both scans got an answer, and honest about the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.models.cloud import Build, BuildStatus, CustomJob, JobState, QueueItem, QueueItemState, Run, RunState
from bot.models.errors import Problem, ProblemKind
from bot.models.regions import NO_REGION
from bot.models.scan import Answer, Cell, Failed, Nothing, Row, Rows, Scan, Section, Service
from bot.models.scan_diff import UNKNOWN_CHANGES, Changes, changes, take_snapshot
from formatting.monitor.summary import changes_line, verdict

NOW = datetime(2026, 3, 6, 14, 2, tzinfo=UTC)
EAST, WEST = "us-east1", "us-west1"
DENIED = Failed(Problem(ProblemKind.DENIED, "Vertex AI", "denied"))


def a_scan(
    *cells: tuple[Service, str, Answer | Sequence[Row]], sections: tuple[Section, ...] = tuple(Section)
) -> Scan:
    answers = (
        Cell(service, place, answer if not isinstance(answer, Sequence) else Rows(tuple(answer)))
        for service, place, answer in cells
    )
    return Scan(started=NOW, took=0.1, cells=tuple(answers), sections=sections)


def a_job(job_id: str, state: JobState, region: str = EAST, *, ended: float | None = None) -> CustomJob:
    """A job made two hours ago; `ended` in hours before the scan."""
    return CustomJob(
        resource=job_id,
        job_id=job_id,
        display_name=job_id,
        region=region,
        state=state,
        created=NOW - timedelta(hours=2),
        ended=None if ended is None else NOW - timedelta(hours=ended),
    )


def test_changes_count_what_ended_began_and_went() -> None:
    """A refresh says in one line what is new; what is no longer listed is not called finished."""
    before = a_scan(
        (Service.JOBS, EAST, [a_job(name, JobState.RUNNING) for name in ("well", "badly", "on", "gone")]),
        (Service.BUILDS_ACTIVE, EAST, [Build("b", EAST, BuildStatus.WORKING)]),
    )
    jobs = [
        a_job("well", JobState.SUCCEEDED),
        a_job("badly", JobState.FAILED),
        a_job("on", JobState.RUNNING),
        a_job("new", JobState.QUEUED),
        a_job("old news", JobState.FAILED, ended=1),
    ]
    after = a_scan(
        (Service.JOBS, EAST, jobs),
        (Service.BUILDS_ACTIVE, EAST, Nothing()),
        (Service.BUILDS_RECENT, EAST, [Build("b", EAST, BuildStatus.SUCCESS)]),
    )
    found = changes(take_snapshot(before), after)

    assert Changes(since=NOW, finished=2, failed=1, appeared=1, gone=1) == found
    assert "2 finished, 1 failed, 1 began, 1 no longer listed since 14:02 UTC." == changes_line(found)
    assert "Nothing changed since 14:02 UTC." == changes_line(changes(take_snapshot(after), after))


def test_a_failure_that_is_listed_for_the_first_time_is_news() -> None:
    """`/monitor failed` lists nothing at work: a job that fails is a new row, and was once no change."""
    old = a_job("old", JobState.FAILED, ended=1)
    before = a_scan((Service.JOBS, EAST, [old]))
    after = a_scan((Service.JOBS, EAST, [old, a_job("fresh", JobState.FAILED, ended=-0.1)]))

    assert Changes(since=NOW, failed=1) == changes(take_snapshot(before), after)


def test_places_that_did_not_answer_twice_are_not_compared_and_that_is_said() -> None:
    """A region that answers again has begun nothing, and one that is silent now has lost nothing."""
    running = a_job("east", JobState.RUNNING), a_job("west", JobState.RUNNING, WEST)
    before = a_scan((Service.JOBS, EAST, [running[0]]), (Service.JOBS, WEST, DENIED))
    after = a_scan((Service.JOBS, EAST, DENIED), (Service.JOBS, WEST, [running[1]]))
    found = changes(take_snapshot(before), after)
    half = changes(
        take_snapshot(before), a_scan((Service.JOBS, EAST, Nothing()), (Service.JOBS, WEST, Nothing()))
    )

    assert Changes(since=NOW, partial=True) == found
    assert "Nothing changed since 14:02 UTC where both scans got an answer." == changes_line(found)
    assert "1 no longer listed since 14:02 UTC where both scans got an answer." == changes_line(half)


def test_an_item_that_becomes_a_run_has_not_begun_twice_and_one_that_fails_has_failed() -> None:
    """A launch is one thing on its way through queue, run and end."""

    def items(*found: QueueItem) -> tuple[Service, str, Answer]:
        return Service.QUEUE_ITEMS, NO_REGION, Rows(found)

    queued = [QueueItem(key, QueueItemState.PENDING, "q", run_id=f"run-{key}", created=NOW) for key in "ab"]
    failed = QueueItem("b", QueueItemState.FAILED, "q", run_id="run-b", created=NOW)
    run = Run("run-a", "a", RunState.RUNNING, created=NOW)
    before = a_scan(items(*queued), (Service.RUNS_ACTIVE, NO_REGION, Nothing()))
    after = a_scan(items(failed), (Service.RUNS_ACTIVE, NO_REGION, [run]))

    assert Changes(since=NOW, failed=1) == changes(take_snapshot(before), after)


def test_a_thing_seen_both_at_work_and_over_is_over_and_counted_once() -> None:
    """Two tables are asked at the same moment, and a build ends between the two answers."""
    torn = a_scan(
        (Service.BUILDS_ACTIVE, EAST, [Build("b", EAST, BuildStatus.WORKING)]),
        (Service.BUILDS_RECENT, EAST, [Build("b", EAST, BuildStatus.FAILURE)]),
    )

    assert (frozenset(), frozenset({f"build/{EAST}/b"})) == (
        take_snapshot(torn).working,
        take_snapshot(torn).over,
    )
    assert Changes(since=NOW) == changes(take_snapshot(torn), torn)


def test_what_is_not_known_is_said() -> None:
    """A board of an older version has kept nothing to compare with: silence would read as "no change"."""
    assert "What has changed is not known: what stood here before was not kept." == changes_line(
        UNKNOWN_CHANGES
    )


def test_moments_are_in_each_reader_s_own_zone() -> None:
    """ "since 14:02 UTC" makes half of a team count on its fingers; plain text keeps UTC."""
    scan = a_scan((Service.JOBS, EAST, Nothing()))
    message = verdict(scan, NOW, since=Changes(NOW, failed=1))

    assert "1 failed since <!date^1772805720^{time}|2026-03-06 14:02 UTC>." in str(message.blocks)
    assert "1 failed since 14:02 UTC." in message.text
