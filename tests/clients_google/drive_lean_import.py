"""Prints which of Google's packages our clients load, as JSON."""

from __future__ import annotations

import importlib
import json
import sys

from bot.clients.google import GoogleCloud
from bot.clients.google.methods import METHODS
from bot.settings import Settings

HEAVY = ("grpc", "google.api_core", "google.auth", "google.cloud.run_v2", "google.cloud.aiplatform_v1")

SETTINGS = {
    "google": {"project": "acme-ml"},
    "runner": {"job": "j", "region": "us-central1", "queue": "q", "vertex_region": "us-central1"},
    "wandb": {"entity": "e", "project": "p"},
    "preset": [{"name": "a", "image": "i", "machine_type": "m", "staging_bucket": "gs://b"}],
}


def main() -> None:
    if "ours" in sys.argv:
        GoogleCloud(Settings.model_validate(SETTINGS))
        sys.stdout.write(json.dumps([name for name in HEAVY if name in sys.modules]))
        return
    requests = {method.name: method.load()[0] for method in METHODS}
    unwanted = [
        name
        for name in sys.modules
        if (
            name.startswith("google.cloud.aiplatform") and name.endswith(("model_service", "dataset_service"))
        )
        or (name.startswith("google.cloud") and ".services" in name)
    ]
    whole = importlib.import_module("google.cloud.aiplatform_v1")
    result = {
        "requests": {name: request.DESCRIPTOR.name for name, request in requests.items()},
        "unwanted": unwanted,
        "same_class_later": whole.ListCustomJobsRequest.pb() is requests["ListCustomJobs"],
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
