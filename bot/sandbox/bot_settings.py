"""Writes the settings file of a bot that uses the sandbox; only addresses and wait times differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from bot.sandbox.world.scenario import Scenario

# The product's wait times, in seconds, divided by the scenario's speed.
WAITS = {
    "poll": 5.0,
    "wait": 120.0,
    "start_within": 120.0,
    "queue_expires": 1_800.0,
    "pending_timeout": 60.0,
    "not_found_grace": 10.0,
    "claimed_timeout": 600.0,
    "log_grace": 60.0,
    "follow_first": 15.0,
    "follow_last": 300.0,
}

# The product's rate limits towards Slack, multiplied by the scenario's speed.
RATES = {"posts_per_second": 1.0, "edits_per_minute": 40.0}

PRESETS = """
[[preset]]
name = "bert-small"
default = true
description = "BERT small on one L4, one to two hours"
image = "us-docker.pkg.dev/acme-ml/train/bert:1.4"
entry_point = ["python", "-m", "trainer.bert"]
args = ["--config=configs/small.yaml"]
machine_type = "g2-standard-8"
accelerator_type = "NVIDIA_L4"
accelerator_count = 1
staging_bucket = "gs://acme-ml-staging"
service_account = "trainer@acme-ml.iam.gserviceaccount.com"
price_per_hour = 0.85
max_hours = 2
metrics = ["eval/accuracy", "train/loss"]
[preset.allow]
lr = { type = "float", min = 1e-6, max = 0.1 }
epochs = { type = "int", min = 1, max = 20 }
optimizer = { choices = ["adamw", "sgd"] }

[[preset]]
name = "llama-lora"
description = "LoRA on a 7B model, one A100"
image = "us-docker.pkg.dev/acme-ml/train/lora:0.9"
entry_point = ["accelerate", "launch", "train_lora.py"]
machine_type = "a2-highgpu-1g"
accelerator_type = "NVIDIA_TESLA_A100"
accelerator_count = 1
staging_bucket = "gs://acme-ml-staging"
price_per_hour = 4.10
[preset.allow]
rank = { type = "int", min = 4, max = 128 }
"""


def settings_text(
    scenario: Scenario,
    *,
    slack_url: str,
    wandb_url: str,
    google: Mapping[str, str],
    people: tuple[str, ...],
    channels: tuple[str, ...],
    store: Path,
    timing: Mapping[str, float],
) -> str:
    """Return the text of the file; JSON strings are valid TOML basic strings."""
    waits = {name: seconds / scenario.speed for name, seconds in (WAITS | scenario.timing).items()}
    waits |= timing
    runner = scenario.runner_job[0]
    tables: dict[str, dict[str, object]] = {
        "google": {
            "project": scenario.project,
            **{f"{service}_endpoint": address for service, address in google.items()},
        },
        "runner": {
            "job": runner.name,
            "region": runner.regions[0],
            "queue": scenario.queue[0].name,
            "vertex_region": scenario.vertex_region,
        },
        "wandb": {"entity": scenario.entity, "project": scenario.wandb_project, "base_url": wandb_url},
        "access": {"users": people, "channels": channels, "admins": people[:1], "ask": "@alice"},
        "store": {"url": f"sqlite:///{store}"},
        "slack": {"base_url": slack_url}
        | {name: rate * scenario.speed for name, rate in RATES.items() if scenario.speed != 1},
        "timing": dict(waits),
    }
    return "\n".join(_table(name, values) for name, values in tables.items()) + PRESETS


def _table(name: str, values: Mapping[str, object]) -> str:
    return "\n".join([f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""])
