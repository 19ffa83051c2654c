from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from wandb_samples import API_KEY, add_queue, make_client

from bot.clients.wandb import Wandb
from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world.world import World


@pytest.fixture
def world() -> World:
    """A world with one queue and no latency."""
    made = World()
    add_queue(made)
    return made


@pytest.fixture
async def server(world: World) -> AsyncIterator[WandbServer]:
    """W&B on that world."""
    started = WandbServer(world, api_key=API_KEY)
    await started.start()
    yield started
    await started.close()


@pytest.fixture
async def client(server: WandbServer) -> AsyncIterator[Wandb]:
    """The product's client of it."""
    made = make_client(server.url)
    yield made
    await made.close()
