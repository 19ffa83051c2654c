from __future__ import annotations

from collections.abc import Iterator

import pytest
from runner_samples import JOB, PROJECT, REGION, served

from bot.logs.follower import RunnerClient
from bot.runner_diagnostics import make_client
from bot.sandbox.world.world import World


@pytest.fixture
def world() -> World:
    return World(project=PROJECT, runner_jobs={JOB: (REGION,)})


@pytest.fixture
def endpoints(world: World) -> Iterator[dict[str, str]]:
    with served(world) as addresses:
        yield addresses


@pytest.fixture
def client(endpoints: dict[str, str]) -> RunnerClient:
    # A budget that no test waits for; those about the budget bring their own.
    return make_client(
        PROJECT,
        run_endpoint=endpoints["run"],
        logging_endpoint=endpoints["logging"],
        reads_per_minute=60_000,
    )
