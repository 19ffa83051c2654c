"""The diagnosis for scripts: what a log says, and how a runner went.

Needs neither Slack nor a settings file. The functions that ask Google Cloud use the application default
credentials (https://docs.cloud.google.com/docs/authentication/application-default-credentials), or a
`client=`: anything with `project`, `runners.get_execution`, `logs.read` and `close`, as in
`bot.log_follower.RunnerClient`. `make_client` makes one for other addresses or another budget, and
`bot.clients.google.GoogleCloud` is one as well. Calls that share a client, also those of several threads,
share its budget of log reads; without a client all of a project's share one of 30 a minute.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from bot.diagnosis import diagnose_lines
from bot.logs.follower import LogFollower, RunnerClient, Waits
from bot.models.cloud import Execution
from bot.models.diagnosis import Diagnosis
from bot.models.errors import BadInput, ServiceError
from bot.redaction import safe_lines
from bot.runner_diagnostics.client import make_client, using
from bot.runner_diagnostics.outcome import around_cause, verdict
from bot.runtime.clock import SystemClock

__all__ = [
    "BadInput",
    "Diagnosis",
    "RunnerClient",
    "ServiceError",
    "diagnose_lines",
    "fetch_detailed_error_context",
    "fetch_detailed_error_context_async",
    "make_client",
    "parse_runner_logs_for_errors",
    "parse_runner_logs_for_errors_async",
]

T = TypeVar("T")

# Cloud Run names an execution after its job, with a suffix of its own:
# https://docs.cloud.google.com/run/docs/execute/jobs
_EXECUTION = re.compile(r"(?P<job>[a-z][a-z0-9-]*)-[a-z0-9]+")
_PLACE = re.compile(r"[a-z0-9][a-z0-9.:-]*")
_POLL, _GRACE = 5.0, 60.0
_LEAST = {"context_lines": 1, "poll_seconds": 0.1}


def parse_runner_logs_for_errors(
    execution_name: str,
    project_id: str,
    region: str,
    timeout_seconds: float = 900,
    *,
    client: RunnerClient | None = None,
    poll_seconds: float = _POLL,
    grace_seconds: float = _GRACE,
) -> tuple[bool, bool, list[str]]:
    """Wait for the end of a runner and returns (has_error, success, all_logs).

    (False, True) means that it succeeded, (True, False) that it failed or that a launch was lost, and
    (False, False) that it is still running after `timeout_seconds`. All of its log comes along, one line for
    each entry, oldest first, redacted. Cloud Run is asked every `poll_seconds`; late lines are waited for
    until `grace_seconds` after the end, but not beyond the deadline. A long log takes longer to read: every
    1,000 lines cost one of the budget's reads.

    Raise ServiceError when Cloud Run or Cloud Logging cannot be asked, BadInput for what no call can be made
    with, RuntimeError inside a running event loop.
    """
    return _run(
        "parse_runner_logs_for_errors",
        client,
        lambda: parse_runner_logs_for_errors_async(
            execution_name,
            project_id,
            region,
            timeout_seconds,
            client=client,
            poll_seconds=poll_seconds,
            grace_seconds=grace_seconds,
        ),
    )


async def parse_runner_logs_for_errors_async(
    execution_name: str,
    project_id: str,
    region: str,
    timeout_seconds: float = 900,
    *,
    client: RunnerClient | None = None,
    poll_seconds: float = _POLL,
    grace_seconds: float = _GRACE,
) -> tuple[bool, bool, list[str]]:
    """`parse_runner_logs_for_errors` for a running event loop. A client that was given is not closed."""
    resource = _resource(execution_name, project_id, region)
    _check(timeout_seconds=timeout_seconds, poll_seconds=poll_seconds, grace_seconds=grace_seconds)
    async with using(client, project_id) as used:
        follower = LogFollower(
            used, SystemClock(), Waits(poll_seconds, grace_seconds), timeout=timeout_seconds
        )
        execution, texts = await follower.follow(resource)
    return await asyncio.to_thread(_outcome, execution, texts)


def fetch_detailed_error_context(
    execution_name: str,
    project_id: str,
    region: str,
    context_lines: int = 100,
    *,
    client: RunnerClient | None = None,
    grace_seconds: float = _GRACE,
) -> list[str]:
    """Return at most `context_lines` lines of a runner's log around the root cause, oldest first, redacted.

    Empty when there is no error. A runner that is still at work is read as far as it is; one that has just
    ended, after `grace_seconds` for late lines. Raises as `parse_runner_logs_for_errors` does.
    """
    return _run(
        "fetch_detailed_error_context",
        client,
        lambda: fetch_detailed_error_context_async(
            execution_name, project_id, region, context_lines, client=client, grace_seconds=grace_seconds
        ),
    )


async def fetch_detailed_error_context_async(
    execution_name: str,
    project_id: str,
    region: str,
    context_lines: int = 100,
    *,
    client: RunnerClient | None = None,
    grace_seconds: float = _GRACE,
) -> list[str]:
    """`fetch_detailed_error_context` for a running event loop. A client that was given is not closed."""
    resource = _resource(execution_name, project_id, region)
    _check(context_lines=context_lines, grace_seconds=grace_seconds)
    async with using(client, project_id) as used:
        follower = LogFollower(used, SystemClock(), Waits(_POLL, grace_seconds), timeout=grace_seconds)
        execution, texts = await follower.read(resource)
    return await asyncio.to_thread(_context, execution, texts, context_lines)


def _run(name: str, client: RunnerClient | None, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run the asynchronous twin in an event loop of its own."""
    if _in_a_loop():
        raise RuntimeError(
            f"{name} cannot wait inside a running event loop. Write there: await {name}_async(...)"
        )

    async def call() -> T:
        try:
            return await work()
        finally:
            if client is not None:
                await client.close()  # what this loop opened ends with it

    return asyncio.run(call())


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _resource(execution_name: str, project_id: str, region: str) -> str:
    """Return the full name of an execution."""
    found = _EXECUTION.fullmatch(execution_name)
    if found is None:
        raise BadInput(
            f"{execution_name[:80]!r} is no name of an execution: it is the job's name and a suffix. "
            "Example: vertex-ai-launcher-kbflt"
        )
    for value, what, example in ((project_id, "project id", "acme-ml"), (region, "region", "us-central1")):
        if not _PLACE.fullmatch(value):
            raise BadInput(f"{value[:80]!r} is no {what}: letters, digits and hyphens. Example: {example}")
    return f"projects/{project_id}/locations/{region}/jobs/{found['job']}/executions/{execution_name}"


def _check(**numbers: float) -> None:
    for name, value in numbers.items():
        least = _LEAST.get(name, 0)
        if not value >= least:
            raise BadInput(f"{name} must be at least {least}, not {value!r}.")


def _outcome(execution: Execution, texts: list[str]) -> tuple[bool, bool, list[str]]:
    has_error, success = verdict(execution, texts)
    return has_error, success, list(safe_lines(texts))


def _context(execution: Execution, texts: list[str], count: int) -> list[str]:
    shown = around_cause(execution, texts, count)
    # Redacted as a whole: a key that begins before these lines must be known as one.
    return list(safe_lines(texts)[shown.start : shown.stop]) if shown else []
