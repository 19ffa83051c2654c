"""Diagnosis functions for scripts: what a log says, and how a runner ended.

They need neither Slack nor a settings file. The functions that call Google Cloud use the application default
credentials (https://docs.cloud.google.com/docs/authentication/application-default-credentials), or a
`client=`: an object with `project`, `runners.get_execution`, `logs.read` and `close`, as in
`bot.logs.follower.RunnerClient`. `make_client` returns one for other endpoints or another rate limit, and
`bot.clients.google.GoogleCloud` is one as well. Calls that share a client, even from several threads, share
its limit of log reads; calls without a client share a limit of 30 a minute per project.
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
from bot.runner_diagnostics.client import make_client, open_client
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

# Cloud Run names an execution after its job, with a suffix:
# https://docs.cloud.google.com/run/docs/execute/jobs
_EXECUTION = re.compile(r"(?P<job>[a-z][a-z0-9-]*)-[a-z0-9]+")
_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9.:-]*")
_POLL, _GRACE = 5.0, 60.0
_MINIMUMS = {"context_lines": 1, "poll_seconds": 0.1}


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
    """Wait for the end of a runner and return (has_error, success, all_logs).

    (False, True) means that it succeeded, (True, False) that it failed or that a launch was lost, and (False,
    False) that it is still running after `timeout_seconds`. `all_logs` is its complete log, one line per
    entry, oldest first, redacted. Cloud Run is polled every `poll_seconds`. Late lines are awaited until
    `grace_seconds` after the end, but not beyond the deadline. A long log takes longer: every 1,000 lines
    count as one read of the rate limit.

    Raise ServiceError if Cloud Run or Cloud Logging cannot be read, BadInput for invalid arguments,
    RuntimeError inside a running event loop.
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
    """Do the same as `parse_runner_logs_for_errors` in a running event loop; a given client stays open."""
    resource = _execution_resource(execution_name, project_id, region)
    _check_minimums(timeout_seconds=timeout_seconds, poll_seconds=poll_seconds, grace_seconds=grace_seconds)
    async with open_client(client, project_id) as used:
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

    The result is empty if there is no error. The log of a running runner is read up to now; if the runner has
    just ended, late lines are awaited until `grace_seconds` after its end. Raise the same errors as
    `parse_runner_logs_for_errors`.
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
    """Do the same as `fetch_detailed_error_context` in a running event loop; a given client stays open."""
    resource = _execution_resource(execution_name, project_id, region)
    _check_minimums(context_lines=context_lines, grace_seconds=grace_seconds)
    async with open_client(client, project_id) as used:
        follower = LogFollower(used, SystemClock(), Waits(_POLL, grace_seconds), timeout=grace_seconds)
        execution, texts = await follower.read(resource)
    return await asyncio.to_thread(_context, execution, texts, context_lines)


def _run(name: str, client: RunnerClient | None, coroutine: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run the asynchronous function in a new event loop."""
    if _has_running_loop():
        raise RuntimeError(
            f"{name} cannot wait inside a running event loop. Write there: await {name}_async(...)"
        )

    async def call() -> T:
        try:
            return await coroutine()
        finally:
            if client is not None:
                await client.close()  # its connections belong to this event loop

    return asyncio.run(call())


def _has_running_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _execution_resource(execution_name: str, project_id: str, region: str) -> str:
    """Return the full name of an execution. Raise BadInput for an invalid name."""
    found = _EXECUTION.fullmatch(execution_name)
    if found is None:
        raise BadInput(
            f"{execution_name[:80]!r} is not an execution name: the job's name and a suffix. "
            "Example: vertex-ai-launcher-kbflt"
        )
    for value, label, example in ((project_id, "project id", "acme-ml"), (region, "region", "us-central1")):
        if not _IDENTIFIER.fullmatch(value):
            raise BadInput(
                f"{value[:80]!r} is not a valid {label}: use letters, digits and hyphens. Example: {example}"
            )
    return f"projects/{project_id}/locations/{region}/jobs/{found['job']}/executions/{execution_name}"


def _check_minimums(**numbers: float) -> None:
    for name, value in numbers.items():
        minimum = _MINIMUMS.get(name, 0)
        if not value >= minimum:
            raise BadInput(f"{name} must be at least {minimum}, not {value!r}.")


def _outcome(execution: Execution, texts: list[str]) -> tuple[bool, bool, list[str]]:
    has_error, success = verdict(execution, texts)
    return has_error, success, list(safe_lines(texts))


def _context(execution: Execution, texts: list[str], count: int) -> list[str]:
    lines = around_cause(execution, texts, count)
    # Redact the whole log, so that a key that begins before these lines is recognised.
    return list(safe_lines(texts)[lines.start : lines.stop]) if lines else []
