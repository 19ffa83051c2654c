"""The Google Cloud environment of an agent, by the rules of W&B's loader.

The rules are those of wandb.sdk.launch (loader.py and environment/gcp_environment.py of wandb 0.31).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.sandbox.world.launch_spec import RefusedError

REGION_VARIABLE = "GOOGLE_CLOUD_REGION"


@dataclass(frozen=True, slots=True)
class RunnerImage:
    """What a Cloud Run job gives its agent.

    `config_region` is the region in the launch-config's `environment: {type: gcp, ...}`, "" without one;
    `gcloud` tells whether that program is in the image.
    """

    env: tuple[tuple[str, str], ...] = ()
    config_region: str = ""
    gcloud: bool = False


def region_of(image: RunnerImage, env: Mapping[str, str]) -> str:
    """Return the agent's region; raise RefusedError, with each item, where the real agent has none."""
    if image.config_region:
        return image.config_region
    # gcloud is asked first, so the variable does not help where there is no gcloud.
    if not image.gcloud:
        raise RefusedError("[Errno 2] No such file or directory: 'gcloud'", "FileNotFoundError")
    if REGION_VARIABLE not in env:
        raise RefusedError(
            "Could not create Vertex runner. Environment must be an instance of GcpEnvironment."
        )
    return env[REGION_VARIABLE]
