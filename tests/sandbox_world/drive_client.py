"""Uses the real wandb client as Launch Control and people do; writes what it saw as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import wandb
from wandb.sdk.launch import launch_add

ENTITY, PROJECT, QUEUE = "acme-ml", "trainer", "vertex-ai-queue"


def runs_seen(api: Any) -> dict[str, Any]:
    """Lists with each kind of filter and order, by small pages."""
    path = f"{ENTITY}/{PROJECT}"
    active = api.runs(
        path, filters={"state": {"$in": ["running", "pending"]}}, order="-created_at", per_page=2
    )
    either = api.runs(
        path,
        filters={"$or": [{"state": "failed"}, {"$and": [{"display_name": "run r3"}, {"state": "running"}]}]},
    )
    best = api.runs(path, order="-summary_metrics.loss", per_page=1)
    return {
        "active": [run.id for run in active],
        "active_length": len(active),
        "either": sorted(run.id for run in either),
        "best": best[0].id,
        "all": len(api.runs(path)),
    }


def run_seen(api: Any) -> dict[str, Any]:
    """One run with everything of it, and its stop."""
    run = api.run(f"{ENTITY}/{PROJECT}/r1")
    run.stop()
    try:
        api.run(f"{ENTITY}/{PROJECT}/nosuch")
        absent = "found"
    except (ValueError, wandb.errors.CommError) as error:
        absent = type(error).__name__
    return {
        "name": run.name,
        "state": run.state,
        "user": run.user.username,
        "config": dict(run.config),
        "summary": dict(run.summary),
        "sampled": run.history(keys=["loss"], samples=5, pandas=False),
        "full": len(run.history(pandas=False)),
        "absent": absent,
    }


def queue_seen(api: Any) -> dict[str, Any]:
    """An item pushed by launch_add, looked at, and taken out again."""
    queued = launch_add(
        docker_image="us/x:1",
        project=PROJECT,
        entity=ENTITY,
        queue_name=QUEUE,
        name="by-launch-add",
        config={"overrides": {"args": ["--lr", "1"]}},
        resource="gcp-vertex",
        run_id="abcd1234",
    )
    before = [(item.id == queued.id, item.state) for item in api.run_queue(ENTITY, QUEUE).items]
    state = queued.state
    queued.delete()
    return {
        "state": state,
        "before": before,
        "after": [item.id for item in api.run_queue(ENTITY, QUEUE).items],
        "access": api.run_queue(ENTITY, QUEUE).access,
    }


def main() -> None:
    api = wandb.Api(timeout=5)
    seen: dict[str, Any] = {"queue": queue_seen(api)}
    if len(sys.argv) == 2:
        seen |= {"entity": api.default_entity, "runs": runs_seen(api), "run": run_seen(api)}
    Path(sys.argv[1]).write_text(json.dumps(seen))


if __name__ == "__main__":
    main()
