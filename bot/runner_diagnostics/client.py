"""The client with which a script asks about runners, made without a settings file."""

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

# Half of what Google allows a whole project: https://docs.cloud.google.com/logging/quotas
READS_PER_MINUTE = 30.0


def make_client(
    project_id: str,
    *,
    run_endpoint: str | None = None,
    logging_endpoint: str | None = None,
    reads_per_minute: float = READS_PER_MINUTE,
) -> RunnerClient:
    """Return a client with a budget of its own; nothing is connected yet, and any thread or event loop may use it.

    An address is `https://...`, or `http://127.0.0.1:PORT` for a stand-in on this machine, which is then
    asked without credentials. Raise ValueError for any other address.
    """
    return _client(project_id, _budget(reads_per_minute), run_endpoint, logging_endpoint)


def _client(
    project_id: str, budget: RateLimiter, run_endpoint: str | None = None, logging_endpoint: str | None = None
) -> RunnerLogs:
    from bot.clients.google import RunnerLogs  # noqa: PLC0415 - importing this module stays light
    from bot.settings import Google  # noqa: PLC0415 - the same

    google = Google(project=project_id, run_endpoint=run_endpoint, logging_endpoint=logging_endpoint)
    return RunnerLogs(google, budget)


def _budget(reads_per_minute: float) -> RateLimiter:
    from bot.clients.google.cloud_logging import log_budget  # noqa: PLC0415 - as above

    return log_budget(reads_per_minute)


@cache
def _shared_budget(project_id: str) -> RateLimiter:  # noqa: ARG001 - a budget for each project
    """Return what calls without a client share: the quota is the project's, however many ask."""
    return _budget(READS_PER_MINUTE)


@asynccontextmanager
async def using(client: RunnerClient | None, project_id: str) -> AsyncIterator[RunnerClient]:
    """The caller's client, left open; else one of our own."""
    if client is not None:
        if client.project != project_id:
            raise BadInput(
                f"client= asks the project {client.project!r}, not {project_id!r}: use one of them."
            )
        yield client
        return
    own = _client(project_id, _shared_budget(project_id))
    try:
        yield own
    finally:
        await own.close()
