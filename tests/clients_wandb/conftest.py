from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

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
async def connect() -> AsyncIterator[Callable[..., Wandb]]:
    """Makes clients, and closes them."""
    async with AsyncExitStack() as stack:

        def make(url: str, **more: Any) -> Wandb:
            client = make_client(url, **more)
            stack.push_async_callback(client.close)
            return client

        yield make


@pytest.fixture
def client(server: WandbServer, connect: Callable[..., Wandb]) -> Wandb:
    """The product's client of it."""
    return connect(server.url)
