from __future__ import annotations

from typing import Any

import pytest
from google.cloud import run_v2

from bot.clients.google.cloud_run import execution_of
from bot.models.cloud import ExecutionStatus
from bot.sandbox.google.messages import raw

_NAME = "projects/p/locations/us-east1/jobs/launcher/executions/launcher-kbflt"


def message(*args: str, **fields: Any) -> Any:
    made = raw(run_v2.Execution)(name=_NAME, **fields)
    made.template.containers.add(args=args)
    return made


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("-q", "q1", "-e", "acme", "-j", "3"), ("q1", "acme", 3)),
        (("--queue", "q1", "--entity", "acme", "--max-jobs", "-1"), ("q1", "acme", -1)),
        (("--queue=q1", "--entity=acme", "--max-jobs=-1"), ("q1", "acme", -1)),
        (("-qq1", "-eacme", "-j2"), ("q1", "acme", 2)),
        (("-q", "q1", "-q", "q2"), ("q1, q2", "", 1)),
        (("launch-agent", "--verbose"), ("", "", 1)),
        (("-q",), ("", "", 1)),
        (("-j", "many"), ("", "", 1)),
        ((), ("", "", 1)),
    ],
)
def test_the_agents_arguments_are_read_in_every_form(
    args: tuple[str, ...], expected: tuple[str, str, int]
) -> None:
    """A runner for another queue must not be reused, however its command line was written."""
    found = execution_of(message(*args))

    assert expected == (found.queue, found.entity, found.max_jobs)


def test_a_bare_message_has_no_times_and_no_limit() -> None:
    """Missing timestamps are None, never the year 1970, and a missing template breaks nothing."""
    found = execution_of(raw(run_v2.Execution)(name=_NAME))

    assert (None, None, None, None) == (found.created, found.started, found.ended, found.time_limit)
    assert found.status is ExecutionStatus.PENDING


@pytest.mark.parametrize(
    ("counts", "state", "ended", "expected"),
    [
        ({"running_count": 1}, 2, False, ExecutionStatus.RUNNING),
        ({"retried_count": 1}, 2, False, ExecutionStatus.RUNNING),
        ({}, 1, False, ExecutionStatus.PENDING),
        ({}, 99, False, ExecutionStatus.UNKNOWN),
        ({"succeeded_count": 1}, 99, True, ExecutionStatus.SUCCEEDED),
        ({"failed_count": 1}, 99, True, ExecutionStatus.FAILED),
        ({"cancelled_count": 1}, 99, True, ExecutionStatus.CANCELLED),
        ({}, 99, True, ExecutionStatus.UNKNOWN),
    ],
)
def test_counts_speak_where_the_condition_is_not_understood(
    *, counts: dict[str, int], state: int, ended: bool, expected: ExecutionStatus
) -> None:
    """APIs grow new numbers: one that we do not know is unknown, and never taken for success."""
    made = message(**counts)
    made.conditions.add(type_="Completed", state=state)
    if ended:
        made.completion_time.seconds = 1_700_000_000

    assert expected is execution_of(made).status
