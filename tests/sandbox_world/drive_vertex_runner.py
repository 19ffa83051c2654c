"""Runs specs through the installed wandb.sdk.launch up to the call of aiplatform, in a process of its own.

Reads a JSON list of specs from standard input, writes a JSON list of outcomes. Only Google's packages, which
would reach for a network, are stood in for.
"""

from __future__ import annotations

import asyncio
import json
import sys
import types
from typing import Any

CREATED: list[dict[str, Any]] = []


class CustomJob:
    """Takes what the runner hands over, as aiplatform.CustomJob would."""

    name, display_name, state = "1", "a job", 3

    def __init__(self, **asked: Any) -> None:
        CREATED.append(asked)
        self._gca_resource = types.SimpleNamespace(name="projects/1/locations/x/customJobs/1")

    def submit(self, **_: Any) -> None:
        """Submitted."""


def stand_in_for_google() -> None:
    aiplatform = types.ModuleType("google.cloud.aiplatform")
    vars(aiplatform).update(CustomJob=CustomJob, init=lambda **_: None)
    sys.modules["google.cloud.aiplatform"] = aiplatform
    for name in ("google.cloud.compute_v1", "google.cloud.storage"):
        sys.modules.setdefault(name, types.ModuleType(name))


async def outcome(spec: dict[str, Any]) -> dict[str, Any]:
    from wandb.sdk.launch import loader  # noqa: PLC0415 - after the stand-ins
    from wandb.sdk.launch._project_spec import LaunchProject  # noqa: PLC0415 - the same
    from wandb.sdk.launch.environment.gcp_environment import GcpEnvironment  # noqa: PLC0415 - the same
    from wandb.sdk.launch.utils import (  # noqa: PLC0415 - the same
        PROJECT_SYNCHRONOUS,
        validate_launch_resource_args,
    )

    class Here(GcpEnvironment):
        project = "acme-ml"

        async def verify(self) -> None:
            """There is nothing to verify."""

        async def get_credentials(self) -> None:
            """Nobody asks for them."""

    api: Any = types.SimpleNamespace(
        settings={"base_url": "https://api.wandb.ai"}, api_key="key-of-the-agent"
    )
    CREATED.clear()
    try:
        validate_launch_resource_args(spec.get("resource_args", {}))
        project = LaunchProject.from_spec(spec, api)
        project.queue_name, project.queue_entity, project.run_queue_item_id = "q", "acme-ml", "item-1"
        project.fetch_and_validate_project()
        registry: Any = None
        runner = loader.runner_from_config(
            str(spec.get("resource")), api, {PROJECT_SYNCHRONOUS: False}, Here("us-central1"), registry
        )
        await runner.run(project, project.docker_image or "")
    except Exception as error:  # noqa: BLE001 - the agent catches everything, too
        return {"refused": str(error), "kind": type(error).__name__}
    return {"job": CREATED[0]}


def main() -> None:
    stand_in_for_google()
    specs = json.load(sys.stdin)
    json.dump([asyncio.run(outcome(spec)) for spec in specs], sys.stdout)


if __name__ == "__main__":
    main()
