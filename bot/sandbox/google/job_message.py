"""Converts a custom job of the sandbox's world to Vertex AI's message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.cloud import aiplatform_v1
from google.protobuf import field_mask_pb2

from bot.sandbox.google.messages import enum_number, put_times, raw
from bot.sandbox.google.names import PROJECT_NUMBER
from bot.sandbox.world.state import SimJob

_CustomJob = raw(aiplatform_v1.CustomJob)


def job_name(job: SimJob) -> str:
    """Return the full resource name, which contains the project number as in Vertex AI."""
    return f"projects/{PROJECT_NUMBER}/locations/{job.region}/customJobs/{job.job_id}"


def job_message(job: SimJob, mask: Sequence[str]) -> Any:
    """Return the message, limited to the fields in `mask` unless that is empty."""
    state = enum_number(aiplatform_v1.JobState, job.state, "JOB_STATE_")
    message = _CustomJob(name=job_name(job), display_name=job.display_name, state=state, labels=job.labels)
    put_times(
        message,
        create_time=job.created,
        start_time=job.started,
        end_time=job.ended,
        update_time=job.ended or job.started or job.created,
    )
    if job.error and job.state in ("FAILED", "CANCELLED"):
        message.error.code, message.error.message = job.error_code, job.error
    if not mask:
        _put_spec(message.job_spec, job)
        return message
    masked = _CustomJob()
    field_mask_pb2.FieldMask(paths=mask).MergeMessage(message, masked)
    return masked


def _put_spec(spec: Any, job: SimJob) -> None:
    pool = spec.worker_pool_specs.add(replica_count=1)
    pool.machine_spec.machine_type = job.machine_type
    pool.container_spec.image_uri = job.image
    for name, value in job.env.items():
        pool.container_spec.env.add(name=name, value=value)
