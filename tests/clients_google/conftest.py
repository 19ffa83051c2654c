from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from google_samples import JOB, PROJECT, make_settings

from bot.clients.google import GoogleCloud
from bot.sandbox.google.servers import GoogleServers
from bot.sandbox.world.world import World


@pytest.fixture
def world() -> World:
    return World(
        project=PROJECT,
        runner_jobs={JOB: ("us-central1",)},
        runner_args={JOB: ("launch-agent", "-q", "vertex-ai-queue", "-e", "acme-ml", "--max-jobs=-1")},
    )


@pytest.fixture
async def servers(world: World) -> AsyncIterator[GoogleServers]:
    started = GoogleServers(world)
    await started.start()
    yield started
    await started.close()


@pytest.fixture
async def cloud(servers: GoogleServers) -> AsyncIterator[GoogleCloud]:
    opened = GoogleCloud(make_settings(servers.endpoints))
    yield opened
    await opened.close()
