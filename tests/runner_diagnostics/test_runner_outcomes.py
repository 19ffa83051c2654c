from __future__ import annotations

import time

import pytest
from runner_samples import JOB, LOOKS, LOST, PROJECT, READS, REGION, WHERE, add_lines, add_runner, end, later

from bot.logs.follower import RunnerClient
from bot.models.cloud import Execution, ExecutionStatus
from bot.models.errors import ProblemKind, ServiceError
from bot.runner_diagnostics import fetch_detailed_error_context, parse_runner_logs_for_errors
from bot.runner_diagnostics.outcome import verdict
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World


@pytest.mark.parametrize(
    ("state", "expected"),
    [("succeeded", (False, True)), ("failed", (True, False)), ("cancelled", (True, False))],
)
def test_cloud_run_says_how_it_ended(
    world: World, client: RunnerClient, state: str, expected: tuple[bool, bool]
) -> None:
    """The outcome is a fact that Cloud Run knows; a log without a bad word proves nothing."""
    add_runner(world, state)
    add_lines(world, "agent started", "polling vertex-ai-queue")

    *outcome, lines = parse_runner_logs_for_errors(*WHERE, client=client)

    assert (expected, ["agent started", "polling vertex-ai-queue"]) == (tuple(outcome), lines)


def test_a_lost_launch_is_an_error_though_the_runner_ended_well(world: World, client: RunnerClient) -> None:
    """The agent swallows what Vertex AI refuses and exits 0: the person's job never ran."""
    add_runner(world, "succeeded")
    add_lines(world, "wandb: launch: Launching job", LOST, "wandb: launch: agent polling", "Runner is idle")

    assert (True, False) == parse_runner_logs_for_errors(*WHERE, client=client)[:2]
    assert LOST in fetch_detailed_error_context(*WHERE, client=client)


def test_a_runner_at_work_is_neither(world: World, client: RunnerClient) -> None:
    """A timeout is no failure: the original returned the same value for both."""
    add_runner(world, "running")
    add_lines(world, "wandb: launch: agent polling", "RuntimeWarning: error in a library")
    began = time.monotonic()

    answer = parse_runner_logs_for_errors(*WHERE, timeout_seconds=0.4, client=client, poll_seconds=0.1)

    assert (False, False) == answer[:2]
    assert len(answer[2]) == 2
    assert 0.4 <= time.monotonic() - began < 3


def test_a_launch_lost_by_a_runner_at_work_is_an_error(world: World, client: RunnerClient) -> None:
    """The agent keeps polling for half an hour after it lost a launch; nobody waits for that."""
    add_runner(world, "running")
    add_lines(world, LOST, "wandb: launch: agent polling")

    assert (True, False) == parse_runner_logs_for_errors(*WHERE, 0, client=client)[:2]


@pytest.mark.parametrize(("state", "expected"), [("succeeded", (False, True)), ("failed", (True, False))])
def test_its_end_is_waited_for(
    world: World, client: RunnerClient, state: str, expected: tuple[bool, bool]
) -> None:
    """The answer comes soon after the end, with what was written meanwhile, and not at the deadline."""
    runner = add_runner(world, "running")
    add_lines(world, "first")
    began = time.monotonic()

    with later(0.3, lambda: end(world, runner, state), lambda: add_lines(world, "last", at=world.now())):
        answer = parse_runner_logs_for_errors(*WHERE, 60, client=client, poll_seconds=0.1, grace_seconds=0.2)

    assert (*expected, ["first", "last"]) == answer
    assert time.monotonic() - began < 5


def test_an_earlier_attempt_that_failed_is_forgiven(world: World, client: RunnerClient) -> None:
    """Cloud Run tries again under the same name: what counts is how it ended."""
    add_runner(world, "succeeded", retries=1)
    add_lines(world, "Container called exit(1).", "agent started", "Container called exit(0).")

    assert (False, True) == parse_runner_logs_for_errors(*WHERE, client=client)[:2]


@pytest.mark.parametrize("service", ["run", "logging"])
def test_what_could_not_be_asked_is_no_answer(world: World, client: RunnerClient, service: str) -> None:
    """Without the permission nothing is known: (False, False) or "completed" would be a lie."""
    add_runner(world, "running")
    world.faults.append(Fault(service, status="PERMISSION_DENIED"))
    began = time.monotonic()

    with pytest.raises(ServiceError) as caught:
        parse_runner_logs_for_errors(*WHERE, client=client)
    with pytest.raises(ServiceError):
        fetch_detailed_error_context(*WHERE, client=client)

    assert caught.value.problem.kind is ProblemKind.DENIED
    assert time.monotonic() - began < 5


def test_an_execution_that_is_not_there_is_named(world: World, client: RunnerClient) -> None:
    """A typing mistake must not look like a healthy runner."""
    with pytest.raises(ServiceError) as caught:
        parse_runner_logs_for_errors(f"{JOB}-zzzzz", PROJECT, REGION, client=client)

    assert caught.value.problem.kind is ProblemKind.NOT_FOUND
    assert "zzzzz" in caught.value.problem.message


def test_a_passing_failure_does_not_end_the_watch(world: World, client: RunnerClient) -> None:
    """Fifteen minutes of waiting are not thrown away for one bad second of Cloud Run's."""
    runner = add_runner(world, "running")
    fault = Fault("run", status="DEADLINE_EXCEEDED", times=2)

    with later(0.2, lambda: world.faults.append(fault)), later(0.8, lambda: end(world, runner, "succeeded")):
        answer = parse_runner_logs_for_errors(*WHERE, 30, client=client, poll_seconds=0.1, grace_seconds=0)

    assert (False, True, []) == answer
    assert fault.times == 0


def test_the_first_failure_is_told_at_once(world: World, client: RunnerClient) -> None:
    """Whoever has no network learns it now, not after fifteen minutes."""
    world.faults.append(Fault("run", status="UNAVAILABLE"))

    with pytest.raises(ServiceError) as caught:
        parse_runner_logs_for_errors(*WHERE, client=client)

    assert caught.value.problem.kind is ProblemKind.UNAVAILABLE


def test_a_log_that_cannot_be_read_now_is_read_later(world: World, client: RunnerClient) -> None:
    """Cloud Logging refuses while others use up the quota; then it heals. The original never asked again."""
    add_runner(world)
    add_lines(world, "RuntimeError: boom")
    world.faults.append(Fault("logging", status="RESOURCE_EXHAUSTED", times=2))

    answer = parse_runner_logs_for_errors(*WHERE, 30, client=client, poll_seconds=0.1)

    assert (True, False, ["RuntimeError: boom"]) == answer
    assert world.calls[READS] == 3


def test_a_log_that_stays_unreadable_is_an_error_at_the_deadline(world: World, client: RunnerClient) -> None:
    """The outcome alone would come with an empty log, which reads like "nothing was written"."""
    add_runner(world)
    world.faults.append(Fault("logging", status="RESOURCE_EXHAUSTED"))

    with pytest.raises(ServiceError) as caught:
        parse_runner_logs_for_errors(*WHERE, 0.3, client=client, poll_seconds=0.1)

    assert caught.value.problem.kind is ProblemKind.EXHAUSTED


def test_an_answer_that_nobody_understands_is_said() -> None:
    """A state that Cloud Run adds one day is neither a success nor a failure."""
    execution = Execution("projects/p/x", "x", REGION, ExecutionStatus.UNKNOWN)

    with pytest.raises(ServiceError, match="does not say how x stands"):
        verdict(execution, [])


def test_an_ended_runner_costs_one_look_and_one_read(world: World, client: RunnerClient) -> None:
    """Quotas are a project's: an autopsy of yesterday's runner asks each service once."""
    add_runner(world)
    add_lines(world, "RuntimeError: boom")

    parse_runner_logs_for_errors(*WHERE, client=client)

    assert (1, 1) == (world.calls[LOOKS], world.calls[READS])
