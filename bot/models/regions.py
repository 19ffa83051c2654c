"""The default regions of a scan."""

from __future__ import annotations

# The settings may name others.
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

# Builds submitted without a region are here, so builds are listed here too.
GLOBAL_LOCATION = "global"

# The region of cells of W&B, which has no regions.
NO_REGION = "-"
