"""Runs the real W&B launch agent for a while; writes what it handed to Vertex AI as JSON.

Only Google's packages, which would reach for a network, are stood in for.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from drive_vertex_runner import CREATED, stand_in_for_google


class Recorder:
    """Takes the agent's telemetry of errors."""

    def exception(self, *_: Any) -> None:
        """Goes nowhere."""


async def run_for(agent: Any, seconds: float) -> None:
    """Lets the agent poll for so long, then ends the process as a container ends: at once."""
    polling = asyncio.create_task(agent.loop())
    await asyncio.wait([polling], timeout=seconds)
    await asyncio.to_thread(Path(sys.argv[1]).write_text, json.dumps(CREATED))
    os._exit(0)


def main() -> None:
    stand_in_for_google()
    from wandb.sdk.launch.agent import LaunchAgent  # noqa: PLC0415 - after the stand-ins
    from wandb.sdk.launch.agent import agent as module  # noqa: PLC0415 - the same
    from wandb.sdk.launch.api import LaunchApi  # noqa: PLC0415 - the same
    from wandb.sdk.launch.environment.gcp_environment import GcpEnvironment  # noqa: PLC0415 - the same

    async def nothing(_: Any) -> None:
        """There is nobody to ask for credentials."""

    google: Any = GcpEnvironment
    google.verify = google.get_credentials = nothing
    google.project = property(lambda _: "acme-ml")
    vars(module)["AGENT_POLLING_INTERVAL"] = 0.2
    config = {
        "entity": "acme-ml",
        "queues": ["vertex-ai-queue"],
        "max_jobs": -1,
        "environment": {"type": "gcp", "region": "us-central1"},
        "builder": {"type": "noop"},
    }
    recorder: Any = Recorder()
    agent = LaunchAgent(LaunchApi(), config, recorder)
    asyncio.run(run_for(agent, float(sys.argv[2])))


if __name__ == "__main__":
    main()
