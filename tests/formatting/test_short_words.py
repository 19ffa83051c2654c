"""Short notes in tables, no repetition on cards, and no styling by text from outside."""

from __future__ import annotations

from dataclasses import replace

import pytest
from look_samples import (
    BUSY,
    CARDS,
    DIAGNOSIS,
    NOW,
    before,
    build,
    cells,
    execution,
    item,
    job,
    problem,
    rows,
)
from slack_rules import spoken

from bot.models.cloud import BuildStatus, ExecutionStatus, JobState, QueueItemState
from bot.models.diagnosis import Category, Confidence, Diagnosis
from bot.models.errors import ProblemKind
from bot.models.launch import Failure, FailureKind
from bot.models.regions import NO_REGION
from bot.models.scan import Failed, Reading, Row, RowDiagnosis, Scan, Section, Service, TimedOut, Unread
from formatting.card.card import card, card_lines
from formatting.card.closing_reply import closing_reply
from formatting.failure.category_labels import CATEGORY_LABELS
from formatting.failure.note import NOTE, cause_note
from formatting.message import Message
from formatting.monitor.footers import footers
from formatting.monitor.headings import empty_text
from formatting.monitor.reply import section_message
from formatting.monitor.summary import verdict_line
from formatting.monitor.tables import tables
from formatting.slack.blocks import context
from formatting.slack.text import bold, prose
from formatting.table.model import Table, to_csv
from formatting.table.slack import Style

QUOTA = (
    "google.api_core.exceptions.ResourceExhausted: 429 The following quota metrics exceed quota limits: "
    "aiplatform.googleapis.com/custom_model_training_nvidia_l4_gpus"
)
EXITED = (
    "The replica workerpool0-0 exited with a non-zero status of 1. To find out more about why your job "
    "exited please check the logs."
)


def caused(summary: str, category: Category, confidence: Confidence = Confidence.HIGH) -> Diagnosis:
    return replace(DIAGNOSIS, summary=summary, category=category, confidence=confidence)


def shown(row: Row, *found: RowDiagnosis, section: Section = Section.JOBS) -> tuple[Table, Message]:
    """The table of one row, and its message."""
    service = {Section.JOBS: Service.JOBS, Section.RECENT_BUILDS: Service.BUILDS_RECENT}[section]
    scan = Scan(started=NOW, took=1.0, cells=cells({(service, "us-central1"): rows(row)}), found=found)
    table = next(one for one in tables(scan, NOW) if one.section is section)
    return table, section_message(table, scan, Style.NATIVE)


@pytest.mark.parametrize(
    ("summary", "category", "words"),
    [
        (QUOTA, Category.QUOTA, "quota used up"),
        (
            "torch.OutOfMemoryError: CUDA out of memory. " + "x" * 90,
            Category.OUT_OF_MEMORY_GPU,
            "out of GPU memory",
        ),
        (
            "ERROR: No matching distribution found for flash-attn==2.9.0",
            Category.DEPENDENCY_INSTALL,
            "No matching distribution found for flash-attn==2.9.0",
        ),
        (
            "wandb.errors.errors.CommError: user is not logged in (Error 401: Unauthorized)",
            Category.AUTH_INVALID_KEY,
            "CommError: user is not logged in (Error 401: Unauthorized)",
        ),
        ("KeyError: 'loss'", Category.CODE_EXCEPTION, "KeyError: 'loss'"),
    ],
)
def test_a_note_is_the_cause_in_few_words(summary: str, category: Category, words: str) -> None:
    """Whole sentences made rows six lines high, so that a phone showed two of them."""
    assert words == cause_note(RowDiagnosis("1", caused(summary, category)), "")


def test_a_note_says_how_sure_it_is_and_what_is_not_known() -> None:
    """A guess looks like one, and the platform's own words stand where the log tells nothing."""
    quiet = replace(DIAGNOSIS, has_error=False, category=Category.NONE, summary="")

    assert "probably quota used up" == cause_note(
        RowDiagnosis("1", caused(QUOTA, Category.QUOTA, Confidence.LOW)), ""
    )
    assert "Task failed" == cause_note(RowDiagnosis("1", quiet), "Task failed")
    assert "its log shows no cause" == cause_note(RowDiagnosis("1", quiet), "")
    assert "reading its log..." == cause_note(RowDiagnosis("1", Reading()), "")
    assert "Its log is empty." == cause_note(RowDiagnosis("1", Unread("Its log is empty.")), "Task failed.")


def test_every_kind_of_cause_has_its_few_words() -> None:
    """A new category must not bring tall rows back."""
    assert set(Category) - {Category.NONE, Category.UNKNOWN} == set(CATEGORY_LABELS)
    assert [] == [words for words in CATEGORY_LABELS.values() if len(f"probably {words}") > NOTE]


def test_the_rest_stands_beneath_and_in_the_file() -> None:
    """What the note leaves out is not lost: the sentence is under the table, and in its CSV."""
    failed = job("5510", JobState.FAILED, age=9)
    table, message = shown(failed, RowDiagnosis("5510", caused(QUOTA, Category.QUOTA)))
    rows_block = next(block for block in message.blocks if block["type"] == "table")

    assert "quota used up" == table.rows[0][-1].text
    assert "nvidia_l4_gpus" not in str(rows_block)
    assert QUOTA in " ".join(spoken(message.blocks))
    assert QUOTA in to_csv(table)


def test_an_error_is_called_error_once() -> None:
    """ "ERROR: ERROR: No matching distribution" reads like a stutter."""
    said = "ERROR: No matching distribution found for flash-attn==2.9.0"
    _, message = shown(
        build("b1", BuildStatus.FAILURE, age=9),
        RowDiagnosis("b1", caused(said, Category.DEPENDENCY_INSTALL)),
        section=Section.RECENT_BUILDS,
    )

    assert "❌ ERROR: No matching distribution" in " ".join(spoken(message.blocks))


def test_an_image_shows_what_tells_it_apart() -> None:
    """Every image begins with the same registry: the end, with its tag, was what was cut."""
    long = "us-docker.pkg.dev/acme-ml/train/llama-sft:0.9.1"
    table, _ = shown(
        replace(build("b1", BuildStatus.SUCCESS, age=9), image=long), section=Section.RECENT_BUILDS
    )

    assert "train/llama-sft:0.9.1" == table.rows[0][1].text
    assert long in to_csv(table)


def test_every_failure_is_counted() -> None:
    """Of nine failed jobs, five are shown below the table, and the other four are counted."""
    jobs = [job(str(number), JobState.FAILED, age=number + 2) for number in range(9)]
    scan = Scan(started=NOW, took=1.0, cells=cells({(Service.JOBS, "us-central1"): rows(*jobs)}))
    table = next(one for one in tables(scan, NOW) if one.section is Section.JOBS)
    message = section_message(table, scan, Style.NATIVE)

    assert "And 4 more failures: choose Why? under the table." in list(spoken(message.blocks))


def test_a_job_that_expired_while_it_waited_says_so() -> None:
    """It never ran and has no log: "its log is empty" sent people to look for one."""
    waited = replace(job("5510", JobState.EXPIRED, age=9), started=None, error="")
    table, message = shown(waited)

    assert () == table.row_actions
    assert "❌ ERROR: It was not started within the time that it may wait" in " ".join(spoken(message.blocks))
    assert "log" not in " ".join(spoken(message.blocks)).lower()


def test_a_failed_item_is_named_with_its_cause() -> None:
    """ "1 queue item failed" without a name, a person or a mend sent everybody looking."""
    failed = item("q2", QueueItemState.FAILED, run_id="u9f3k7bo", error="400 is not supported. ")
    ancient = replace(failed, item_id="q1", created=before(days=3))
    answer = {(Service.QUEUE_ITEMS, NO_REGION): rows(failed, ancient)}
    scan = replace(BUSY, cells=cells(answer), found=(RowDiagnosis("q2", replace(DIAGNOSIS, context=())),))
    table = next(one for one in tables(scan, NOW) if one.section is Section.RUNS)
    said = " ".join(spoken(section_message(table, scan, Style.NATIVE).blocks))

    assert ("✗ 1 queue item failed more than a day ago.",) == table.footers
    assert [] == [word for word in ("item-q2", "u9f3k7bo", "ben", "400 is not supported") if word not in said]
    assert "What to do:" in said
    assert "log" not in said.lower()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            Failed(problem(ProblemKind.UNAVAILABLE, "W&B")),
            "W&B could not be reached; try again in a minute.",
        ),
        (TimedOut(8.0), "No answer from W&B within 8 s; try again in a minute."),
        (
            Failed(problem(ProblemKind.DENIED, "W&B")),
            "W&B: no permission to list runs; the key's owner must be a member of the team.",
        ),
    ],
)
def test_w_and_b_is_named_once(answer: Failed | TimedOut, words: str) -> None:
    """ "W&B: W&B could not be reached" reads like a stutter."""
    scan = Scan(started=NOW, took=1.0, cells=cells({(Service.RUNS_COMPLETED, NO_REGION): answer}))

    assert (words,) == footers(scan, Section.COMPLETED)


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        (QUOTA.split(": ", 1)[1], QUOTA),
        (EXITED, "FileNotFoundError: gs://acme-ml-data/xsum/v3/train-*.parquet"),
        (
            "400 Machine type is not supported. ",
            "google.api_core.exceptions.InvalidArgument: 400 Machine type is not…",
        ),
    ],
)
def test_a_failed_launch_says_each_thing_once(told: str, cause: str) -> None:
    """The card and its closing reply once gave the same error twice, in the sentence and as the cause."""
    failure = Failure(
        FailureKind.ITEM_FAILED,
        f"The agent could not submit the job: {told}.",
        caused(cause, Category.QUOTA),
    )
    launch = replace(CARDS["failed"], failure=failure)
    looks = (
        " ".join(spoken(card(launch, NOW).blocks)),
        "\n".join(card_lines(launch, NOW)),
        " ".join(spoken(closing_reply(launch).blocks)),
    )
    repeated = told.rstrip(". ")[:60]

    assert [1 if repeated in cause else 0] * 3 == [one.count(repeated) for one in looks]
    assert all("could not submit the job." in one for one in looks)


def test_a_launch_whose_cause_is_something_else_keeps_both() -> None:
    """The platform's message is left out only if the cause says the same."""
    failure = Failure(
        FailureKind.ITEM_FAILED,
        "The agent could not submit the job: 403 Permission denied on bucket acme. ",
        caused("wandb.errors.CommError: 401", Category.AUTH_INVALID_KEY),
    )
    said = "\n".join(card_lines(replace(CARDS["failed"], failure=failure), NOW))

    assert "The agent could not submit the job: 403 Permission denied on bucket acme.\n" in said
    assert "Cause: wandb.errors.CommError: 401." in said


def test_foreign_words_are_never_styled() -> None:
    """Slack made "g2-standard-*, A100: a2-highgpu-*" bold and took its stars; a lone one stays itself."""
    star, low, wave = "\N{ASTERISK OPERATOR}", "\N{MODIFIER LETTER LOW MACRON}", "\N{TILDE OPERATOR}"
    two = prose("L4: g2-standard-*, A100: a2-highgpu-* and _this_ and ~that~")

    assert f"L4: g2-standard-{star}, A100: a2-highgpu-{star} and {low}this{low} and {wave}that{wave}" == two
    assert "gs://x/train-*.parquet, custom_model_training" == prose(
        "gs://x/train-*.parquet, custom_model_training"
    )
    assert "3 * 4 * 5 is a_b_c" == prose("3 * 4 * 5 is a_b_c")
    assert "*It is gs://x/train-\N{ASTERISK OPERATOR}.parquet.*" == bold("It is gs://x/train-*.parquet.")


def test_a_runner_s_own_reason_is_cut_to_a_line() -> None:
    """Cloud Run's sentence about a failed task is long, and says only that it failed."""
    reason = "Task vertex-ai-launcher-kbflt-task0 failed with message: The container exited with an error."
    made = replace(execution("r1", ExecutionStatus.FAILED, age=3), reason=reason)
    scan = Scan(started=NOW, took=1.0, cells=cells({(Service.RUNNERS, "us-central1"): rows(made)}))
    table = tables(scan, NOW)[0]

    assert len(table.rows[0][-1].text) <= NOTE
    assert reason in to_csv(table)


def test_what_is_no_error_is_not_called_one() -> None:
    """ "ERROR: Its log is empty" sent people to look for an error in what we could not read."""
    failed = job("5510", JobState.FAILED, age=9)
    silent = replace(failed, error="")
    _, unread = shown(silent, RowDiagnosis("5510", Unread("Its log is empty, or has not arrived yet.")))
    _, reading = shown(silent, RowDiagnosis("5510", Reading()))
    _, told = shown(replace(failed, error="Replica failed."), RowDiagnosis("5510", Reading()))

    assert "❌ No error is known: its log is empty, or has not arrived yet." in " ".join(
        spoken(unread.blocks)
    )
    assert "❌ No error is known: reading its log..." in " ".join(spoken(reading.blocks))
    assert "❌ ERROR: Replica failed; reading its log..." in " ".join(spoken(told.blocks))


def test_each_footer_has_its_line() -> None:
    """Eight regions with eight reasons ran on as one grey paragraph."""
    footer = context("us-east4: no permission.", "us-west1: a quota is used up.", "x" * 2_990)

    assert ["us-east4: no permission.\nus-west1: a quota is used up.", "x" * 2_990] == list(spoken(footer))


def test_a_queue_item_is_not_called_a_run() -> None:
    """A waiting item of a dead runner read as "1 W&B run at work"."""
    waiting = {(Service.QUEUE_ITEMS, NO_REGION): rows(item("q1", QueueItemState.CLAIMED, run_id="k3v9x2ab"))}

    assert "● 1 queue item at work; nothing failed lately." == verdict_line(
        Scan(started=NOW, took=1.0, cells=cells(waiting))
    )


def test_the_summary_names_what_did_not_answer() -> None:
    """W&B has no regions, so "some regions did not answer" would be wrong when only W&B failed."""
    unavailable = Failed(problem(ProblemKind.UNAVAILABLE, "W&B"))
    wandb = Scan(started=NOW, took=1.0, cells=cells({(Service.RUNS_ACTIVE, NO_REGION): unavailable}))
    region = Scan(started=NOW, took=1.0, cells=cells({(Service.JOBS, "us-central1"): TimedOut(8.0)}))

    assert verdict_line(wandb) == "✓ Nothing at work; nothing failed lately (W&B did not answer)."
    assert verdict_line(region) == "✓ Nothing at work; nothing failed lately (some regions did not answer)."


def test_a_section_without_cells_was_not_queried() -> None:
    """An empty table says "No runners." only if a service answered."""
    assert empty_text(Section.RUNNERS, ()) == "Runners were not queried."
