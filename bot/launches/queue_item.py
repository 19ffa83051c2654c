"""Build the W&B queue item of a launch.

The Vertex runner of the W&B Launch agent requires `worker_pool_specs` with a `container_spec` each, a
`staging_bucket`, the image as `${image_uri}`, and the full command in `entry_point`: the agent replaces
the entrypoint of the image with entry_point + args.
"""

from __future__ import annotations

import json

from bot.models.launch import Launch
from bot.ports import NewItem
from bot.settings import Preset


def queue_item(launch: Launch, preset: Preset) -> NewItem:
    """Return the item to queue for this launch; overrides become `--key=value` arguments."""
    return NewItem(
        run_id=launch.launch_id,
        name=launch.name,
        author=launch.user_name,
        queue=launch.queue,
        image=preset.image,
        entry_point=preset.entry_point,
        args=(*preset.args, *(f"--{key}={value}" for key, value in launch.overrides)),
        resource_args=json.dumps({"gcp-vertex": {"spec": _spec(preset), "run": _run(preset)}}),
    )


def _spec(preset: Preset) -> dict[str, object]:
    machine: dict[str, object] = {"machine_type": preset.machine_type}
    if preset.accelerator_type:
        machine["accelerator_type"] = preset.accelerator_type
        machine["accelerator_count"] = preset.accelerator_count
    pool = {
        "machine_spec": machine,
        "replica_count": preset.replicas,
        "disk_spec": {"boot_disk_type": "pd-ssd", "boot_disk_size_gb": preset.boot_disk_gb},
        "container_spec": {"image_uri": "${image_uri}"},
    }
    return {"worker_pool_specs": [pool], "staging_bucket": preset.staging_bucket}


def _run(preset: Preset) -> dict[str, object]:
    run: dict[str, object] = {"timeout": int(preset.timeout_hours * 3600)}
    if preset.service_account:
        run["service_account"] = preset.service_account
    return run
