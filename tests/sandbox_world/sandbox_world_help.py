"""What the tests of the sandbox's world share: specs, runs, patience, scripts with the real wandb."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world import queues
from bot.sandbox.world.state import SimExecution, SimQueueItem, SimRun
from bot.sandbox.world.world import World

API_KEY = "5a" * 20
QUEUE = "vertex-ai-queue"
JOB = "vertex-ai-launcher"

Play = Callable[..., AbstractAsyncContextManager[World]]


def signed_in(key: str = API_KEY) -> dict[str, str]:
    """The header that W&B's basic authentication wants."""
    return {"Authorization": "Basic " + base64.b64encode(f"api:{key}".encode()).decode()}


async def until(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    """Waits until something holds; fails when it does not come to hold."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the world has no events: it is looked at, as a person would
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


def push(world: World, run_id: str = "abcd1234", **changes: Any) -> SimQueueItem:
    return queues.push(world, world.queues[QUEUE], launch_spec(run_id, **changes))


def start(world: World, *args: str) -> SimExecution:
    return world.start_execution("us-central1", JOB, args, {"LAUNCH_ID": "abcd1234"})


def log_of(world: World, execution: SimExecution) -> str:
    names = "run.googleapis.com/execution_name"
    return "\n".join(entry.text or "" for entry in world.logs if entry.labels.get(names) == execution.name)


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
