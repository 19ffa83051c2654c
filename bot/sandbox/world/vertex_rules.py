"""Validation by Vertex AI's CreateCustomJob, after that of the runner."""

from __future__ import annotations

from bot.sandbox.world.launch_spec import RefusedError, Submission

# Machine families of https://cloud.google.com/vertex-ai/docs/training/configure-compute (read 2026-11).
_FAMILIES = (
    "a2-",
    "a3-",
    "a4-",
    "c2-",
    "c3-",
    "c2d-",
    "c3d-",
    "ct5lp-",
    "ct6e-",
    "e2-",
    "g2-",
    "m1-",
    "n1-",
    "n2-",
    "n2d-",
)


def check_custom_job(job: Submission) -> None:
    """Raise RefusedError with Vertex AI's message (400) for an invalid job."""
    faults = []
    for number, pool in enumerate(job.worker_pools):
        where = f"job_spec.worker_pool_specs[{number}]"
        machine = str((pool.get("machine_spec") or {}).get("machine_type") or "")
        image = str(pool["container_spec"].get("image_uri") or "")
        if not machine:
            faults.append((f"{where}.machine_spec.machine_type", "Required field is not set."))
        elif not machine.startswith(_FAMILIES):
            faults.append(
                (f"{where}.machine_spec.machine_type", f'Machine type "{machine}" is not supported.')
            )
        if not image:
            faults.append((f"{where}.container_spec.image_uri", "Required field is not set."))
    if faults:
        found = "".join(
            f"{number}.Field: {field}; Message: {message}\t"
            for number, (field, message) in enumerate(faults, 1)
        )
        raise RefusedError(f"400 List of found errors:\t{found}", "InvalidArgument")
