from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world.scenario import QueueTable, Scenario
from bot.sandbox.world.populate import populate
from bot.sandbox.world.state import SimRun
from bot.sandbox.world.world import World

API_KEY = "5a" * 20
QUEUE = "vertex-ai-queue"
JOB = "vertex-ai-launcher"


async def until(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    """Waits until something holds; fails when it does not come to hold."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def launch_spec(run_id: str = "abcd1234", **changes: Any) -> dict[str, Any]:
    """What Launch Control would push."""
    pool = {
        "machine_spec": {"machine_type": "g2-standard-8"},
        "container_spec": {"image_uri": "${image_uri}"},
        "replica_count": 1,
    }
    return {
        "entity": "acme-ml",
        "project": "trainer",
        "name": f"launch-{run_id}",
        "author": "alice",
        "run_id": run_id,
        "docker": {"docker_image": "us-docker.pkg.dev/acme-ml/train/bert:1"},
        "resource": "gcp-vertex",
        "overrides": {"entry_point": ["python", "train.py"], "args": []},
        "resource_args": {"gcp-vertex": {"spec": {"staging_bucket": "gs://b", "worker_pool_specs": [pool]}}},
        **changes,
    }


def add_run(world: World, run_id: str, state: str, *, age: float = 60, **more: Any) -> SimRun:
    """Puts a run into the world, created `age` seconds ago."""
    created = world.now() - timedelta(seconds=age)
    world.runs[run_id] = SimRun(run_id, f"run {run_id}", state, "alice", created, world.now(), **more)
    return world.runs[run_id]


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
    async with aiohttp.ClientSession(auth=aiohttp.BasicAuth("api", API_KEY)) as session:

        async def call(query: str, **variables: Any) -> tuple[int, Any]:
            body = {"query": query, "variables": variables}
            async with session.post(f"{wandb_server.url}/graphql", json=body) as response:
                return response.status, await response.json()

        yield call


async def drive(script: str, server: WandbServer, home: Path, *args: str) -> Any:
    """Runs a script with the real wandb package against the stand-in; returns the JSON that it wrote."""
    answer = home / "answer.json"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "WANDB_BASE_URL": server.url,
        "WANDB_API_KEY": API_KEY,
        "WANDB_SILENT": "true",
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_DIR": str(home),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name(script)),
        str(answer),
        *args,
        env=environment,
        cwd=home,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
    return json.loads(answer.read_text())
