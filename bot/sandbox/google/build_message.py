"""Converts a build of the sandbox's world to Cloud Build's message."""

from __future__ import annotations

from typing import Any

from google.cloud.devtools import cloudbuild_v1

from bot.sandbox.google.messages import enum_number, put_times, raw
from bot.sandbox.google.names import PROJECT_NUMBER
from bot.sandbox.world.state import SimBuild
from bot.sandbox.world.world import World

_Build = raw(cloudbuild_v1.Build)
_Status = cloudbuild_v1.Build.Status
_Logging = cloudbuild_v1.BuildOptions.LoggingMode


def build_message(world: World, build: SimBuild) -> Any:
    """Return the message, with a status for each step."""
    name = f"projects/{PROJECT_NUMBER}/locations/{build.region}/builds/{build.build_id}"
    message = _Build(
        name=name,
        id=build.build_id,
        project_id=world.project,
        status=enum_number(_Status, build.status),
        images=[build.image] if build.image else [],
        log_url=f"https://console.cloud.google.com/cloud-build/builds;region={build.region}/{build.build_id}"
        f"?project={PROJECT_NUMBER}",
        logs_bucket=f"gs://{PROJECT_NUMBER}.cloudbuild-logs.googleusercontent.com",
    )
    put_times(message, create_time=build.created, start_time=build.started, finish_time=build.ended)
    if build.log_in_gcs_only:
        message.options.logging = _Logging.GCS_ONLY
    if build.status == "SUCCESS" and build.image:
        message.results.images.add(name=build.image, digest="sha256:" + "0" * 64)
    if build.status == "FAILURE":
        message.failure_info.type_ = cloudbuild_v1.Build.FailureInfo.FailureType.USER_BUILD_STEP
        message.failure_info.detail = build.failure
    message.status_detail = build.failure if build.status != "FAILURE" else ""
    _put_steps(message, build)
    return message


def _put_steps(message: Any, build: SimBuild) -> None:
    for index in range(build.steps_total):
        step = message.steps.add(name="gcr.io/cloud-builders/docker", id=f"step-{index}")
        if index < build.steps_done:
            step.status = _Status.SUCCESS
        elif index == build.steps_done and build.status in ("WORKING", "FAILURE"):
            step.status = enum_number(_Status, build.status)
        elif build.status in ("PENDING", "QUEUED"):
            step.status = _Status.QUEUED
