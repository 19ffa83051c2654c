"""The sandbox's agent and the installed wandb.sdk.launch do the same with the same specs."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.world.launch_spec import AgentEnvironment, RefusedError, prepare, run_id_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SIDE = AgentEnvironment(
    "https://api.wandb.ai", "key-of-the-agent", "q", "acme-ml", "item-1", (("TEAM_BUCKET", "gs://from-env"),)
)


def sound_spec() -> dict[str, Any]:
    container = {"image_uri": "${image_uri}", "env": [{"name": "HF_HOME", "value": "/mnt/hf"}]}
    machine = {"machine_type": "g2-standard-8", "accelerator_type": "NVIDIA_L4", "accelerator_count": 1}
    pool = {"machine_spec": machine, "replica_count": 1, "container_spec": container}
    return {
        "entity": "acme-ml",
        "project": "trainer",
        "name": "bert-small",
        "author": "alice",
        "run_id": "abcd1234",
        "docker": {"docker_image": "us-docker.pkg.dev/acme-ml/train/bert:1"},
        "git": {},
        "resource": "gcp-vertex",
        "overrides": {"entry_point": ["python", "train.py"], "args": ["--lr", "1"], "run_config": {"lr": 1}},
        "resource_args": {"gcp-vertex": {"spec": {"staging_bucket": "gs://b", "worker_pool_specs": [pool]}}},
    }


def _vertex(spec: dict[str, Any]) -> Any:
    return spec["resource_args"]["gcp-vertex"]["spec"]


def _pool(spec: dict[str, Any]) -> Any:
    return _vertex(spec)["worker_pool_specs"][0]


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "sound": lambda _: None,
    "no worker pools": lambda spec: _vertex(spec).pop("worker_pool_specs"),
    "empty worker pools": lambda spec: _vertex(spec).update(worker_pool_specs=[]),
    "no container": lambda spec: _pool(spec).pop("container_spec"),
    "no staging bucket": lambda spec: _vertex(spec).pop("staging_bucket"),
    "no spec": lambda spec: spec["resource_args"]["gcp-vertex"].pop("spec"),
    "no resource args": lambda spec: spec.pop("resource_args"),
    "resource args for another resource": lambda spec: spec.update(resource_args={"kubernetes": {}}),
    "resource args that are no table": lambda spec: spec.update(resource_args="vertex"),
    "key vertex": lambda spec: spec.update(resource_args={"vertex": spec["resource_args"]["gcp-vertex"]}),
    "resource vertex": lambda spec: spec.update(resource="vertex"),
    "unknown resource": lambda spec: spec.update(resource="slurm"),
    "no entity": lambda spec: spec.pop("entity"),
    "no project": lambda spec: spec.pop("project"),
    "no image": lambda spec: spec.update(docker={}),
    "image_uri of old": lambda spec: spec.update(docker={}, image_uri="us/old:1"),
    "a fixed image": lambda spec: _pool(spec)["container_spec"].update(image_uri="us/fixed:2"),
    "macros": lambda spec: _vertex(spec).update(
        staging_bucket="${TEAM_BUCKET}/${project_name}/${run_id}/${run_name}/${author}/${unknown}"
    ),
    "upper-case project": lambda spec: spec.update(project="TraiNer"),
    "no name": lambda spec: spec.pop("name"),
    "no author": lambda spec: spec.pop("author"),
    "args only": lambda spec: spec["overrides"].pop("entry_point"),
    "no command at all": lambda spec: spec.update(overrides={}),
    "labels of its own": lambda spec: _vertex(spec).update(labels={"team": "nlp", "wandb-run-id": "other"}),
    "a key of its own": lambda spec: spec.update(_wandb_api_key="key-of-alice"),
    "a builder": lambda spec: spec["resource_args"]["gcp-vertex"].update(builder={"type": "noop"}),
    "two pools": lambda spec: _vertex(spec)["worker_pool_specs"].append(copy.deepcopy(_pool(spec))),
}


def specs() -> list[dict[str, Any]]:
    made = []
    for change in CHANGES.values():
        spec = sound_spec()
        change(spec)
        made.append(spec)
    return made


@pytest.fixture(scope="module")
def real_outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(Path(__file__).with_name("drive_vertex_runner.py"))],
        input=json.dumps(specs()),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=home,
        env={**os.environ, "HOME": str(home), "WANDB_SILENT": "true", "TEAM_BUCKET": "gs://from-env"},
    )
    return dict(zip(CHANGES, json.loads(done.stdout), strict=True))


def our_outcome(spec: dict[str, Any]) -> dict[str, Any]:
    try:
        job = prepare(spec, run_id_of(spec), SIDE, NOW)
    except RefusedError as refused:
        return {"refused": refused.text, "kind": refused.kind}
    return {"labels": job.labels, "pools": job.worker_pools, "name": job.display_name}


@pytest.mark.parametrize(("case", "spec"), list(zip(CHANGES, specs(), strict=True)), ids=list(CHANGES))
def test_spec_meets_the_same_end_as_in_wandb(
    case: str, spec: dict[str, Any], real_outcomes: dict[str, Any]
) -> None:
    """A spec that the real runner refuses must not pass here, or the sandbox proves nothing."""
    real = real_outcomes[case]
    ours = our_outcome(spec)

    if "refused" in real:
        assert real == ours
    else:
        assert real["job"]["labels"] == ours["labels"]
        assert _sorted_env(real["job"]["worker_pool_specs"]) == _sorted_env(ours["pools"])
        assert real["job"]["display_name"] in (ours["name"], None)


def test_job_without_a_name_is_called_after_its_moment() -> None:
    """aiplatform names a nameless job by class and time; matching by name would find nothing."""
    spec = sound_spec()
    del spec["name"]

    assert our_outcome(spec)["name"] == "CustomJob 2026-11-23 12:00:00"


def _sorted_env(pools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for pool in pools:
        pool["container_spec"]["env"].sort(key=lambda pair: pair["name"])
    return pools
