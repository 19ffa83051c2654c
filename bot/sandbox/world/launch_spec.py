"""Converts a launch spec to a custom job by the rules and errors of W&B's Vertex runner.

The rules are those of wandb.sdk.launch (_project_spec.py, runner/vertex_runner.py and loader.py of
wandb 0.31); a contract test compares the two.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.world.names import new_suffix

_MACRO = re.compile(r"\$\{(\w+)\}")
VERTEX_NAMES = ("vertex", "gcp-vertex")


class RefusedError(Exception):
    """An error of the runner or the platform; the text is what the agent reports to W&B.

    `kind` is the exception's class name in the agent's log: LaunchError, KeyError, InvalidArgument and so on.
    """

    def __init__(self, text: str, kind: str = "LaunchError") -> None:
        super().__init__(text)
        self.text = text
        self.kind = kind


@dataclass(frozen=True, slots=True)
class AgentEnvironment:
    """The agent's own data: its login, and the queue of the item."""

    base_url: str
    api_key: str
    queue: str
    queue_entity: str
    item_id: str
    environ: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """The arguments of Vertex AI's CustomJob."""

    run_id: str
    project: str
    display_name: str
    labels: dict[str, str]
    staging_bucket: str
    worker_pools: list[dict[str, Any]]

    @property
    def image(self) -> str:
        """The first pool's image, or ""."""
        return str(self.worker_pools[0]["container_spec"].get("image_uri") or "")

    @property
    def command(self) -> list[str]:
        """The command that replaces the image's entrypoint in the first pool; may be empty."""
        return list(self.worker_pools[0]["container_spec"]["command"])

    @property
    def machine_type(self) -> str:
        """The first pool's machine type, or ""."""
        return str((self.worker_pools[0].get("machine_spec") or {}).get("machine_type") or "")

    @property
    def env(self) -> dict[str, str]:
        """The first pool's environment; of duplicate names, the last value."""
        return {pair["name"]: str(pair["value"]) for pair in self.worker_pools[0]["container_spec"]["env"]}


def run_id_of(spec: dict[str, Any]) -> str:
    """Return the run id of the agent's ack: the spec's, else a new one.

    Raise RefusedError for an invalid spec.
    """
    for key in ("entity", "project"):
        if key not in spec:
            raise RefusedError(f"'{key}'", "KeyError")
    resource_args = spec.get("resource_args") or {}
    if not isinstance(resource_args, dict):
        raise RefusedError("resource_args must be a dictionary")
    return str(spec.get("run_id") or new_suffix(8))


def prepare(spec: dict[str, Any], run_id: str, agent: AgentEnvironment, now: datetime) -> Submission:
    """Return the custom job for a spec; raise RefusedError where the real runner raises an error."""
    resource = spec.get("resource")
    image = (spec.get("docker") or {}).get("docker_image") or spec.get("image_uri")
    _check_runner(str(resource), spec, image)
    project = str(spec["project"]).lower()
    args = copy.deepcopy(spec.get("resource_args") or {})
    args.get(resource, {}).pop("builder", None)
    macros: dict[str, object] = {
        "project_name": project,
        "entity_name": spec["entity"],
        "run_id": run_id,
        "run_name": spec.get("name"),
        "image_uri": image,
        "author": spec.get("author"),
    }
    filled = _fill(args, {**macros, **dict(agent.environ)})
    vertex = filled.get("vertex") or filled.get("gcp-vertex")
    if not vertex:
        raise RefusedError(
            "No Vertex resource args specified. Specify args via --resource-args with a JSON file or string "
            "under top-level key gcp_vertex"
        )
    vertex_spec = vertex.get("spec", {})
    pools = _worker_pools(
        vertex_spec, spec.get("overrides") or {}, _environment(spec, run_id, project, image, agent)
    )
    if not vertex_spec.get("staging_bucket"):
        raise RefusedError(
            "Vertex requires a staging bucket. Please specify a staging bucket in resource arguments "
            "under the key `vertex.spec.staging_bucket`."
        )
    return Submission(
        run_id=run_id,
        project=project,
        display_name=str(spec.get("name") or f"CustomJob {now.replace(tzinfo=None).isoformat(sep=' ')}"),
        labels={**vertex_spec.get("labels", {}), "wandb-run-id": run_id},
        staging_bucket=str(vertex_spec["staging_bucket"]),
        worker_pools=pools,
    )


def _check_runner(resource: str, spec: dict[str, Any], image: object) -> None:
    if resource not in VERTEX_NAMES:
        raise RefusedError(f"Could not create runner from config. Invalid runner name: {resource}")
    if not image and not spec.get("job"):
        raise RefusedError("'LaunchProject' object has no attribute 'source'", "AttributeError")
    if not image:
        raise RefusedError(f"Error accessing job {spec['job']}: this sandbox keeps no job artifacts")


def _worker_pools(
    vertex_spec: dict[str, Any], overrides: dict[str, Any], env: dict[str, str]
) -> list[dict[str, Any]]:
    pools: list[dict[str, Any]] = vertex_spec.get("worker_pool_specs", [])
    if not pools:
        raise RefusedError(
            "Vertex requires at least one worker pool spec. Please specify a worker pool spec in resource "
            "arguments under the key `vertex.spec.worker_pool_specs`."
        )
    command = [*(overrides.get("entry_point") or []), *overrides.get("args", [])]
    for pool in pools:
        container = pool.get("container_spec")
        if not container:
            raise RefusedError(
                "Vertex requires a container spec for each worker pool spec. Please specify a container spec "
                "in resource arguments under the key `vertex.spec.worker_pool_specs[].container_spec`."
            )
        # The real runner replaces the command even by an empty one.
        container["command"] = command
        added = [{"name": name, "value": value} for name, value in env.items()]
        container["env"] = [*container.get("env", []), *added]
    return pools


def _environment(
    spec: dict[str, Any], run_id: str, project: str, image: object, agent: AgentEnvironment
) -> dict[str, str]:
    overrides = spec.get("overrides") or {}
    env = {
        "WANDB_BASE_URL": agent.base_url,
        "WANDB_API_KEY": str(spec.get("_wandb_api_key") or agent.api_key),
        "WANDB_PROJECT": project,
        "WANDB_ENTITY": str(spec["entity"]),
        "WANDB_LAUNCH": "True",
        "WANDB_RUN_ID": run_id,
        "WANDB_DOCKER": str(image),
        "WANDB_LAUNCH_QUEUE_NAME": agent.queue,
        "WANDB_LAUNCH_QUEUE_ENTITY": agent.queue_entity,
        "WANDB_LAUNCH_TRACE_ID": agent.item_id,
        "WANDB_CONFIG": json.dumps(overrides.get("run_config", {})),
        "WANDB_LAUNCH_FILE_OVERRIDES": json.dumps(overrides.get("files", {})),
        "WANDB_ARTIFACTS": json.dumps(overrides.get("artifacts", {})),
    }
    if spec.get("name"):
        env["WANDB_NAME"] = str(spec["name"])
    if "author" in spec and not spec.get("_wandb_api_key"):
        env["WANDB_USERNAME"] = str(spec["author"])
    return env


def _fill(value: Any, macros: dict[str, object]) -> Any:
    if isinstance(value, str):
        return _MACRO.sub(lambda found: str(macros.get(found.group(1), found.group(0))), value)
    if isinstance(value, list):
        return [_fill(item, macros) for item in value]
    if isinstance(value, dict):
        return {key: _fill(item, macros) for key, item in value.items()}
    return value
