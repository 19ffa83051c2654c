"""The log lines of the W&B Launch agent, with wandb's terminal prefixes."""

from __future__ import annotations

import pprint
from typing import Any

from bot.sandbox.world.launch_spec import RefusedError
from bot.sandbox.world.state import SimJob

_SITE = "/usr/local/lib/python3.11/site-packages"
# Stack frames of a rejected submission, outermost first.
_FRAMES: tuple[tuple[str, int, str, str], ...] = (
    ("wandb/sdk/launch/agent/agent.py", 676, "task_run_job", "await self._task_run_job("),
    ("wandb/sdk/launch/agent/agent.py", 782, "_task_run_job", "run = await backend.run(project, image_uri)"),
    ("wandb/sdk/launch/runner/vertex_runner.py", 158, "run", "submitted_run = await launch_vertex_job("),
    (
        "wandb/sdk/launch/runner/vertex_runner.py",
        221,
        "launch_vertex_job",
        "await submit(**execution_kwargs)",
    ),
    (
        "google/cloud/aiplatform/jobs.py",
        2648,
        "submit",
        "self._gca_resource = self.api_client.create_custom_job(",
    ),
    ("google/api_core/gapic_v1/method.py", 131, "__call__", "return wrapped_func(*args, **kwargs)"),
    (
        "google/api_core/grpc_helpers.py",
        77,
        "error_remapped_callable",
        "raise exceptions.from_grpc_error(exc) from exc",
    ),
)

# And those of an agent that asks a gcloud that is not there.
_GCLOUD_FRAMES: tuple[tuple[str, int, str, str], ...] = (
    _FRAMES[0],
    ("wandb/sdk/launch/agent/agent.py", 730, "_task_run_job", "backend = loader.runner_from_config("),
    ("wandb/sdk/launch/loader.py", 238, "runner_from_config", "environment = GcpEnvironment.from_default()"),
    (
        "wandb/sdk/launch/environment/gcp_environment.py",
        332,
        "get_default_region",
        'region = get_gcloud_config_value("compute/region")',
    ),
    (
        "wandb/sdk/launch/environment/gcp_environment.py",
        316,
        "get_gcloud_config_value",
        "output = subprocess.check_output(",
    ),
    (
        "../subprocess.py",
        1955,
        "_execute_child",
        "raise child_exception_type(errno_num, err_msg, err_filename)",
    ),
)
_BUILTINS = ("KeyError", "AttributeError", "FileNotFoundError")


def polling_line(name: str, queues: tuple[str, ...], running: int, most: int) -> str:
    """Return the status line that the agent prints at its start and every five minutes."""
    limit = "inf" if most < 0 else str(most)
    polling = f"polling on queues {','.join(queues)}, " if most < 0 or running < most else ""
    return f"wandb: launch: agent {name} {polling}running {running} out of a maximum of {limit} jobs"


def received_lines(item_id: str, spec: dict[str, Any]) -> tuple[str, ...]:
    """Return the lines for a received item, with the agent's API key masked."""
    shown = {**spec, "_wandb_api_key": "<redacted>"} if "_wandb_api_key" in spec else spec
    text = pprint.pformat({"runQueueItemId": item_id, "runSpec": shown})
    return (
        "wandb: launch: Launch agent received job:",
        *(f"wandb: {line}" for line in text.splitlines()),
        "wandb: ",
    )


def created_lines(project: str, job: SimJob) -> tuple[str, ...]:
    """Return the lines that the Vertex SDK prints for a created job."""
    resource = f"projects/{project}/locations/{job.region}/customJobs/{job.job_id}"
    console = "https://console.cloud.google.com/vertex-ai/locations"
    return (
        "Creating CustomJob",
        f"CustomJob created. Resource name: {resource}",
        "To use this CustomJob in another session:",
        f"custom_job = aiplatform.CustomJob.get('{resource}')",
        "View Custom Job:",
        f"{console}/{job.region}/training/{job.job_id}?project={project}",
    )


def error_lines(refused: RefusedError) -> tuple[str, ...]:
    """Return the lines of a swallowed error: one line for a LaunchError, else a traceback."""
    if refused.kind == "LaunchError":
        return (f"wandb: ERROR launch: Error running job: {refused.text}",)
    lines = ["launch: Error running job: Traceback (most recent call last):"]
    frames = _GCLOUD_FRAMES if refused.kind == "FileNotFoundError" else _FRAMES
    for file, line, function, code in frames:
        lines += [f'  File "{_SITE}/{file}", line {line}, in {function}', f"    {code}"]
    module = "" if refused.kind in _BUILTINS else "google.api_core.exceptions."
    lines.append(f"{module}{refused.kind}: {refused.text}")
    return tuple(f"wandb: ERROR {line}" for line in lines)
