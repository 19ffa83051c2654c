"""Creates the Google Cloud client for scripts, without a settings file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

from bot.logs.follower import RunnerClient
from bot.models.errors import BadInput

if TYPE_CHECKING:
    from bot.clients.google import RunnerLogs
    from bot.clients.google.rate_limit import RateLimiter

# Half of the quota of a project: https://docs.cloud.google.com/logging/quotas
READS_PER_MINUTE = 30.0


def make_client(
    project_id: str,
    *,
    run_endpoint: str | None = None,
    logging_endpoint: str | None = None,
    reads_per_minute: float = READS_PER_MINUTE,
) -> RunnerClient:
    """Return a client with its own rate limiter. It connects lazily and works in any thread or event loop.

    An endpoint is `https://...`, or `http://127.0.0.1:PORT` for a local stand-in, which is called without
    credentials. Raise ValueError for any other endpoint.
    """
    return _client(project_id, _rate_limiter(reads_per_minute), run_endpoint, logging_endpoint)


def _client(
    project_id: str,
    rate_limiter: RateLimiter,
    run_endpoint: str | None = None,
    logging_endpoint: str | None = None,
) -> RunnerLogs:
    from bot.clients.google import RunnerLogs  # noqa: PLC0415 - keeps the import of this module fast
    from bot.settings import Google  # noqa: PLC0415 - the same

    google = Google(project=project_id, run_endpoint=run_endpoint, logging_endpoint=logging_endpoint)
    return RunnerLogs(google, rate_limiter)


def _rate_limiter(reads_per_minute: float) -> RateLimiter:
    from bot.clients.google.cloud_logging import log_budget  # noqa: PLC0415 - as above

    return log_budget(reads_per_minute)


@cache
def _shared_rate_limiter(project_id: str) -> RateLimiter:  # noqa: ARG001 - one limiter per project
    """Return the rate limiter that all calls without a client share: the quota is per project."""
    return _rate_limiter(READS_PER_MINUTE)


@asynccontextmanager
async def open_client(client: RunnerClient | None, project_id: str) -> AsyncIterator[RunnerClient]:
    """Yield the given client, which stays open, or a new one, which is closed."""
    if client is not None:
        if client.project != project_id:
            raise BadInput(
                f"client= asks the project {client.project!r}, not {project_id!r}: use one of them."
            )
        yield client
        return
    new_client = _client(project_id, _shared_rate_limiter(project_id))
    try:
        yield new_client
    finally:
        await new_client.close()
