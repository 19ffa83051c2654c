"""Each row that the original got wrong, or right by luck, as it was measured on it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from runner_samples import READS, WHERE, add_lines, add_runner, end, later

from bot.logs.follower import RunnerClient
from bot.runner_diagnostics import (
    diagnose_lines,
    fetch_detailed_error_context,
    parse_runner_logs_for_errors,
)
from bot.sandbox.world.world import World

START = ("wandb: launch: Launch agent received job", "wandb: launch: Launching job")
CAUSE = (
    "wandb: ERROR google.api_core.exceptions.ResourceExhausted: 429 The following quota metrics exceed quota "
    "limits: aiplatform.googleapis.com/custom_model_training_nvidia_l4_gpus in region us-central1"
)
TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/app/train.py", line 12, in <module>',
    "    main()",
    "KeyError: 'learning_rate'",
)


@pytest.mark.parametrize(
    "line",
    [
        "Error: 0 errors found",
        "Machine type: g2-standard-4 ... retry_on: [PermissionDenied, QuotaExceeded]",
        "machine_type=g2-standard-4",
        "bf16 not supported on T4, using fp16",
        "training goes on",
        "synced 1500 images",
    ],
)
def test_healthy_words_are_no_error(world: World, client: RunnerClient, line: str) -> None:
    """Original: any of 11 substrings anywhere in the log made a healthy runner a failed one."""
    add_runner(world, "succeeded")
    add_lines(world, *START, line, "Container called exit(0).")

    assert (False, True) == parse_runner_logs_for_errors(*WHERE, client=client)[:2]
    assert not diagnose_lines([*START, line]).has_error


@pytest.mark.parametrize(
    ("lines", "category"),
    [
        (
            ("wandb: ERROR PermissionDenied: 403 Permission 'storage.objects.get' denied",),
            "permission_denied",
        ),
        (TRACEBACK, "code_exception"),
        (("Memory limit of 4096 MiB exceeded with 4111 MiB used.",), "out_of_memory_host"),
        (("ImagePullBackOff: Back-off pulling image 'us-docker.pkg.dev/a/b:c'",), "image_pull"),
        (
            ("grpc: StatusCode.PERMISSION_DENIED: Permission 'aiplatform.customJobs.create' denied",),
            "permission_denied",
        ),
    ],
)
def test_failures_are_failures_whatever_their_words(
    world: World, client: RunnerClient, lines: tuple[str, ...], category: str
) -> None:
    """Original: out of memory, image pulls and status codes were not among its words, so all was well."""
    add_runner(world)
    add_lines(world, *START, *lines, "Container called exit(1).")

    has_error, success, seen = parse_runner_logs_for_errors(*WHERE, client=client)

    assert (True, False) == (has_error, success)
    assert category == diagnose_lines(seen).category


def test_structured_logs_are_read(world: World, client: RunnerClient) -> None:
    """Original: of entries with a jsonPayload not one line was kept, and has_error was False."""
    add_runner(world)
    for line in (*TRACEBACK, "Container called exit(1)."):
        add_lines(world, "", text=None, json={"message": line})

    answer = parse_runner_logs_for_errors(*WHERE, client=client)

    assert (True, False, [*TRACEBACK, "Container called exit(1)."]) == answer


@pytest.mark.parametrize("after", [280, 560, 600, 2_000])
def test_a_cause_long_before_the_end_is_found(world: World, client: RunnerClient, after: int) -> None:
    """Original: only the newest 100, 300 or 500 lines were fetched, and a cause before them was lost."""
    add_runner(world)
    add_lines(world, *START, CAUSE, *[f"shutting down, step {n}" for n in range(after)])
    add_lines(world, "Container called exit(1).", at=world.now() - timedelta(minutes=70))

    lines = parse_runner_logs_for_errors(*WHERE, client=client)[2]

    assert after + 4 == len(lines)
    assert CAUSE in fetch_detailed_error_context(*WHERE, client=client)


def test_a_harmless_500_after_the_cause_is_not_the_cause(world: World, client: RunnerClient) -> None:
    """Original: "agent metrics flushed in 500 ms" was shown as the error."""
    add_runner(world)
    add_lines(world, *START, CAUSE, "agent metrics flushed in 500 ms", "Container called exit(1).")

    found = diagnose_lines(parse_runner_logs_for_errors(*WHERE, client=client)[2])

    assert (2, "quota") == (found.root_cause_index, found.category)
    # Original: cut at 75 characters, before what quota it was and where.
    assert "custom_model_training_nvidia_l4_gpus" in found.summary


def test_a_setting_named_timeout_is_not_the_cause(world: World, client: RunnerClient) -> None:
    """Original: "poll_timeout_seconds: 30" was shown for a container that was killed for its memory."""
    add_runner(world)
    add_lines(world, "poll_timeout_seconds: 30", *START, "Killed", "container exited 137")

    lines = parse_runner_logs_for_errors(*WHERE, client=client)[2]
    found = diagnose_lines([*lines, "Container called exit(137)."])

    assert found.has_error
    assert lines.index("poll_timeout_seconds: 30") != found.root_cause_index
    assert "poll_timeout" not in found.summary


def test_logs_older_than_a_day_are_read(world: World, client: RunnerClient) -> None:
    """Original: its tool looks back one day, and the note said "Error fetching logs"."""
    runner = add_runner(world)
    runner.created = world.now() - timedelta(days=5)
    add_lines(world, CAUSE, at=world.now() - timedelta(days=5))

    assert [CAUSE] == parse_runner_logs_for_errors(*WHERE, client=client)[2]


def test_lines_come_in_the_order_of_writing(world: World, client: RunnerClient) -> None:
    """Original: newest first was taken for oldest first, with tracebacks upside down."""
    add_runner(world)
    add_lines(world, *TRACEBACK)

    assert list(TRACEBACK) == parse_runner_logs_for_errors(*WHERE, client=client)[2]
    assert list(TRACEBACK) == fetch_detailed_error_context(*WHERE, client=client)


def test_repeated_lines_are_kept(world: World, client: RunnerClient) -> None:
    """Original: 51 lines in, 2 kept."""
    add_runner(world)
    add_lines(world, *["polling"] * 50, "RuntimeError: boom")

    assert 51 == len(parse_runner_logs_for_errors(*WHERE, client=client)[2])


@pytest.mark.parametrize("state", ["running", "pending"])
def test_a_running_runner_has_not_completed(world: World, client: RunnerClient, state: str) -> None:
    """Original: `Completed: Unknown`, which every running one has, was "completed" after 0.2 s."""
    runner = add_runner(world, state)

    with later(0.5, lambda: end(world, runner, "succeeded")):
        answer = parse_runner_logs_for_errors(*WHERE, 30, client=client, poll_seconds=0.1, grace_seconds=0)

    assert (False, True, []) == answer
    # Original: 20 to 50 reads a minute while it runs. Here one to begin with, and one at the end.
    assert world.calls[READS] == 2


def test_a_timeout_is_not_a_failure(world: World, client: RunnerClient) -> None:
    """Original: a deadline that passed gave the same values as a failed runner without errors."""
    add_runner(world, "running")

    assert (False, False, []) == parse_runner_logs_for_errors(*WHERE, 0, client=client)


def test_logs_that_come_after_the_end_are_waited_for(world: World, client: RunnerClient) -> None:
    """Original: it stopped the moment the run had ended, or asked 39 times for its last lines."""
    add_runner(world, ended_ago=0)
    add_lines(world, CAUSE, at=world.now(), visible_in=0.7)

    has_error, success, lines = parse_runner_logs_for_errors(*WHERE, client=client, grace_seconds=1.2)

    assert (True, False, [CAUSE]) == (has_error, success, lines)
    assert world.calls[READS] == 1


def test_the_cause_near_the_beginning_is_shown(world: World, client: RunnerClient) -> None:
    """Original: root cause at line 20 of 300, the newest 100 fetched: not shown."""
    add_runner(world)
    add_lines(world, *[f"start {n}" for n in range(19)], CAUSE, *[f"cleanup {n}" for n in range(280)])

    assert CAUSE in fetch_detailed_error_context(*WHERE, client=client)
