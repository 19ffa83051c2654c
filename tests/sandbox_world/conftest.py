from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from sandbox_world_help import API_KEY, QUEUE, Play, signed_in

from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world.player import Player
from bot.sandbox.world.populate import populate
from bot.sandbox.world.scenario import QueueTable, Scenario
from bot.sandbox.world.world import World


@pytest.fixture
def world() -> World:
    """A world with the two queues, and nothing else."""
    made = World()
    queues = (QueueTable(name=QUEUE), QueueTable(name="eval-queue"))
    populate(made, Scenario(title="a test's world", latency={}, queue=queues))
    return made


@pytest.fixture
async def wandb_server(world: World) -> AsyncIterator[WandbServer]:
    """W&B on that world."""
    server = WandbServer(world, api_key=API_KEY)
    await server.start()
    yield server
    await server.close()


@pytest.fixture
async def post(wandb_server: WandbServer) -> AsyncIterator[Callable[..., Any]]:
    """Posts one GraphQL request with the right key; returns the HTTP status and the JSON answer."""
    async with aiohttp.ClientSession(headers=signed_in()) as session:

        async def call(query: str, **variables: Any) -> tuple[int, Any]:
            body = {"query": query, "variables": variables}
            async with session.post(f"{wandb_server.url}/graphql", json=body) as response:
                return response.status, await response.json()

        yield call


@pytest.fixture
def play() -> Play:
    """Plays a scenario given as a table, two hundred times as fast."""

    @asynccontextmanager
    async def playing(**scenario: Any) -> AsyncIterator[World]:
        world = World()
        table = {"title": "a test's", "speed": 200.0, **scenario}
        async with Player(world, Scenario.model_validate(table)):
            yield world

    return playing
