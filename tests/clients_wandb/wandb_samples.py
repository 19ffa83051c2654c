"""Settings, runs and items for the tests of the W&B client."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clients.wandb import Wandb
from bot.ports import NewItem
from bot.sandbox.world.state import SimQueue, SimRun
from bot.sandbox.world.world import World
from bot.settings import Secrets, Settings

API_KEY = "5a" * 20
QUEUE = "vertex-ai-queue"
NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "settings.example.toml"


def make_settings(
    url: str, *, call: float = 3.0, entity: str = "acme-ml", project: str = "trainer"
) -> Settings:
    """Settings that differ from the defaults by what a test needs."""
    return Settings.model_validate(
        {
            "google": {"project": "acme-ml"},
            "runner": {"job": "j", "region": "us-central1", "queue": QUEUE, "vertex_region": "us-central1"},
            "wandb": {"entity": entity, "project": project, "base_url": url},
            "preset": [
                {"name": "bert", "image": "bert:1", "machine_type": "m", "staging_bucket": "gs://bucket"}
            ],
            "timing": {"call": call, "retry": 0.01},
        }
    )


def make_client(
    url: str, *, key: str = API_KEY, call: float = 3.0, entity: str = "acme-ml", project: str = "trainer"
) -> Wandb:
    """A client of the stand-in at this address."""
    return Wandb(
        make_settings(url, call=call, entity=entity, project=project),
        Secrets.model_validate({"wandb_api_key": key}),
    )


def make_item(run_id: str = "abcd1234", queue: str = QUEUE) -> NewItem:
    """What the core asks to be queued."""
    pool = {
        "machine_spec": {"machine_type": "g2-standard-8"},
        "container_spec": {"image_uri": "${image_uri}"},
    }
    spec = {"worker_pool_specs": [pool], "staging_bucket": "gs://bucket"}
    return NewItem(
        run_id=run_id,
        name=f"bert-{run_id}",
        author="ana",
        queue=queue,
        image="us-docker.pkg.dev/acme-ml/train/bert:1",
        entry_point=("python", "train.py"),
        args=("--lr=0.1",),
        resource_args=json.dumps({"gcp-vertex": {"spec": spec, "run": {"timeout": 3600}}}),
    )


def add_queue(world: World, name: str = QUEUE) -> SimQueue:
    """An empty queue."""
    queue = SimQueue(queue_id=f"id-of-{name}", name=name, entity=world.entity)
    world.queues[name] = queue
    return queue


def add_run(world: World, run_id: str, state: str = "running", *, age: float = 600, **more: object) -> SimRun:
    """A run that was created `age` seconds before NOW, with a heartbeat now."""
    made = {"summary": {"_runtime": 42.0, "train/loss": 0.5}, **more}
    run = SimRun(
        run_id,
        f"name-{run_id}",
        state,
        "ana",
        NOW - timedelta(seconds=age),
        NOW,
        **made,  # type: ignore[arg-type]  # a test's own words
    )
    world.runs[run_id] = run
    return run
