"""Display defects of the system that came before, each of which must never come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from look_samples import (
    BUSY,
    DIAGNOSIS,
    NOW,
    WAITING,
    all_failing,
    before,
    cells,
    execution,
    job,
    problem,
    rows,
    run,
)
from slack_rules import spoken

from bot.models.cloud import ExecutionStatus, JobState, RunState
from bot.models.errors import ProblemKind
from bot.models.launch import Verdict
from bot.models.regions import NO_REGION
from bot.models.scan import Failed, RowDiagnosis, Scan, Section, Service, Stale, TimedOut
from formatting.card.card import card
from formatting.card.endings import timeout_text
from formatting.failure.log_excerpt import MARK, excerpt, fit_around, marked_lines
from formatting.monitor.footers import footers
from formatting.monitor.reply import section_message
from formatting.monitor.summary import verdict
from formatting.monitor.tables import tables
from formatting.table.model import Table
from formatting.table.slack import Style
from formatting.times import ago, duration, seconds_between


def table(scan: Scan, section: Section) -> Table:
    """One table of a scan."""
    return next(one for one in tables(scan, NOW) if one.section is section)


def with_answers(**answers: object) -> Scan:
    """A scan of us-central1's jobs and runners with these answers."""
    services = {(Service[name.upper()], "us-central1"): answer for name, answer in answers.items()}
    return Scan(started=NOW, took=1.0, cells=cells(services))  # type: ignore[arg-type]  # test data


def test_the_context_window_is_not_swapped() -> None:
    """Lines before the cause stand above it: the old window was cut from logs that were newest first."""
    long = replace(DIAGNOSIS, context=tuple(f"line {number}" for number in range(200)), context_root=100)
    lines, _ = excerpt(long, room=2_000, most=101)
    root = next(index for index, line in enumerate(lines) if line.startswith(MARK))

    assert lines[root] == f"{MARK}line 100"
    assert [line.strip() for line in lines[:root]] == [f"line {100 - root + index}" for index in range(root)]
    assert len(lines) - root - 1 > root > 0


def test_twenty_lines_before_and_eighty_after() -> None:
    """With room enough the window is the one that was promised: 20 before the cause, 80 after."""
    start, stop = fit_around([10] * 500, 250, 101 * 10)

    assert (230, 331) == (start, stop)


def test_headings_say_what_the_rows_are() -> None:
    """A heading counts the rows below it: the old titles said "Last 10" above four builds."""
    many = [job(str(number), JobState.SUCCEEDED, age=number + 2) for number in range(30)]
    made = table(with_answers(jobs=rows(*many)), Section.JOBS)

    assert len(made.rows) == 10
    assert made.heading == "Vertex AI jobs: 10 succeeded (10 of 30)"


def test_rows_at_work_are_shown_however_old() -> None:
    """A running runner older than the five newest was hidden, and people started a second one."""
    old = execution("old-but-alive", ExecutionStatus.RUNNING, age=9_000)
    newer = [execution(f"ended-{number}", ExecutionStatus.FAILED, age=number + 1) for number in range(8)]
    made = table(with_answers(runners=rows(*newer, old)), Section.RUNNERS)

    assert [row[0].text for row in made.rows] == [
        *(f"ended-{number}" for number in range(5)),
        "old-but-alive",
    ]


def test_a_row_without_a_time_does_not_empty_the_table() -> None:
    """One execution without a start time made the old table say that there are none."""
    timeless = replace(execution("timeless", ExecutionStatus.PENDING, age=1), created=None, started=None)
    newer = execution("known", ExecutionStatus.FAILED, age=5)
    made = table(with_answers(runners=rows(timeless, newer)), Section.RUNNERS)

    assert [row[0].text for row in made.rows] == ["known", "timeless"]
    assert made.rows[1][5].text == "-"


def test_failures_are_no_rows() -> None:
    """A failed call is a sentence below the table: it used to be smuggled in as a row and sorted away."""
    scan = with_answers(jobs=Failed(problem(ProblemKind.API_DISABLED, "Vertex AI")))
    made = table(scan, Section.JOBS)

    assert made.rows == ()
    assert made.empty_text == "No jobs where we got an answer."
    assert made.footers == (
        "us-central1: the Vertex AI API is not enabled; enable aiplatform.googleapis.com in the project.",
    )


@pytest.mark.parametrize("kind", ProblemKind)
def test_could_not_ask_is_never_none(kind: ProblemKind) -> None:
    """If every call fails, the texts say so, with the remedy. The old monitor reported no rows."""
    scan = all_failing(kind)
    made = tables(scan, NOW)

    assert not [one.empty_text for one in made if one.empty_text.startswith("No ")]
    assert all(one.footers for one in made)
    assert "Nothing is known" in verdict(scan, NOW).text


def test_one_sentence_for_one_reason() -> None:
    """Eighteen regions without the same permission are one sentence, not eighteen."""
    mend = "grant run.executions.list to the bot's service account."

    assert footers(all_failing(ProblemKind.DENIED), Section.RUNNERS) == (
        f"All 18 regions: no permission to list executions; {mend}",
    )


def test_old_rows_say_how_old() -> None:
    """Rows of an earlier scan used to be shown as if they were new."""
    old = Stale((job("7", JobState.RUNNING, age=5),), age=95.0, problem=problem(ProblemKind.UNAVAILABLE))
    made = table(with_answers(jobs=old), Section.JOBS)

    assert len(made.rows) == 1
    assert made.footers == (
        "us-central1: not asked now (Cloud Run could not be reached); these rows are 1 min 35 s old.",
    )


def test_a_silent_region_is_named() -> None:
    """A hanging region used to cost ten minutes and not a word."""
    scan = with_answers(runners=TimedOut(8.0))

    assert footers(scan, Section.RUNNERS) == (
        "us-central1: no answer from Cloud Run within 8 s; try again in a minute.",
    )
    assert "No answer from us-central1." in verdict(scan, NOW).text


def test_the_timeout_prints_the_setting() -> None:
    """The number of seconds was typed by hand beside the variable that it should have been."""
    late = replace(WAITING, verdict=Verdict.TIMED_OUT, limit_seconds=45)

    assert timeout_text(120).startswith("⏱️  Timeout (120s) - Job not detected in Vertex AI\n")
    assert "Timeout (45s)" in card(late, NOW).text
    assert "120" not in card(late, NOW).text


def test_durations_do_not_wrap_at_a_day() -> None:
    """`timedelta.seconds` starts again after 24 hours: a run of 25 hours was shown as one of 1."""
    start = before(hours=25, minutes=3)

    assert duration(seconds_between(start, NOW)) == "1 d 1 h"


def test_times_with_and_without_zone_can_be_compared() -> None:
    """An aware and a naive time could not be subtracted, which dropped every running run."""
    naive = datetime(2026, 11, 23, 14, 0)  # noqa: DTZ001 - the naive time is the point of this test
    east = datetime(2026, 11, 23, 16, 0, tzinfo=timezone(timedelta(hours=2)))

    assert ago(naive, NOW) == ago(east, NOW) == "5 min ago"
    assert seconds_between(naive, east) == 0.0


def test_a_clock_that_runs_ahead_is_no_negative_time() -> None:
    """Servers' clocks differ from ours: a job created "in the future" is new, not minus three seconds old."""
    assert ago(NOW + timedelta(seconds=3), NOW) == "just now"
    assert seconds_between(NOW + timedelta(seconds=3), NOW) == 0.0


@pytest.mark.parametrize("style", Style)
def test_a_cause_is_shown_whole_beneath_its_table(style: Style) -> None:
    """Notes used to be cut at 75 characters, before the GPU and the region that they were about."""
    summary = (
        "Quota NVIDIA_L4_GPUS is used up in us-central1: 8 of 8 in use, 1 asked for by the custom job "
        "brave-otter-12 of the preset bert-small; the project acme-ml has room in europe-west4"
    )
    scan = replace(
        with_answers(runners=rows(execution("r1", ExecutionStatus.FAILED, age=3))),
        found=(RowDiagnosis("r1", replace(DIAGNOSIS, summary=summary)),),
    )
    message = section_message(table(scan, Section.RUNNERS), scan, style)

    assert summary in " ".join(" ".join(spoken(message.blocks[2:])).split())


def test_an_unread_log_is_not_completed() -> None:
    """A runner whose log could not be read was shown as completed."""
    scan = replace(
        with_answers(runners=rows(execution("r1", ExecutionStatus.SUCCEEDED, age=3))),
        logs_problem=problem(ProblemKind.EXHAUSTED, "Cloud Logging", retry_after=30.0),
    )
    made = table(scan, Section.RUNNERS)

    assert made.rows[0][4].text == "-"
    assert made.footers == ("Runs are not known: a quota of Cloud Logging is used up; try again in 30 s.",)


def test_a_running_run_has_a_runtime_and_a_link() -> None:
    """Rows can be tied to their runs: the old table lost names and ids."""
    live = run("zz11aa22", RunState.RUNNING, age=61)
    scan = Scan(started=NOW, took=1.0, cells=cells({(Service.RUNS_ACTIVE, NO_REGION): rows(live)}))
    row = table(scan, Section.RUNS).rows[0]

    assert [cell.text for cell in row][:4] == ["zz11aa22", "brave-otter-zz11aa22", "● running", "1 h 1 min"]
    assert row[0].url == live.url


def test_a_recovered_note_is_no_error() -> None:
    """A note of a runner that is well never says ERROR; the old printer put it before every note."""
    message = section_message(table(BUSY, Section.RUNNERS), BUSY, Style.TEXT)
    healthy = [line for text in spoken(message.blocks) for line in text.split("\n") if "live1" in line]

    assert healthy
    assert not [line for line in healthy if "ERROR" in line]


def test_the_marked_line_is_the_cause() -> None:
    """One line is marked, and it is the one that the diagnosis names."""
    lines, root = marked_lines(DIAGNOSIS)

    assert [line.startswith(MARK) for line in lines] == [False, False, False, True, False]
    assert root == 3
