"""The regions that a scan asks, in one literal table."""

from __future__ import annotations

# The 18 regions of the seed's scan. A settings file may name others.
REGIONS: tuple[str, ...] = (
    "us-central1",
    "us-east1",
    "us-east4",
    "us-east5",
    "us-west1",
    "us-west2",
    "us-west3",
    "us-west4",
    "northamerica-northeast1",
    "europe-west1",
    "europe-west2",
    "europe-west3",
    "europe-west4",
    "europe-west9",
    "asia-northeast1",
    "asia-southeast1",
    "australia-southeast1",
    "southamerica-east1",
)

# A build submitted without a region lives here, so builds are asked for in one place more.
GLOBAL_LOCATION = "global"

# Where the answers of W&B, which has no regions, stand in a scan.
NO_REGION = "-"
