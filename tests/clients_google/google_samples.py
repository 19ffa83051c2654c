"""Things that a project holds, and the settings that point at the stand-ins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc

from bot.sandbox.google.messages import raw
from bot.sandbox.world.state import SimBuild, SimExecution, SimJob, SimLogEntry
from bot.sandbox.world.world import World
from bot.settings import Settings

PROJECT = "acme-ml"
JOB = "vertex-ai-launcher"
REGION = "us-central1"
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WANDB_KEY = "5a" * 20


def make_settings(
    endpoints: Mapping[str, str], *, timing: Mapping[str, float] | None = None, reads_per_minute: float = 30
) -> Settings:
    addresses = {f"{name}_endpoint": address for name, address in endpoints.items()}
    return Settings.model_validate(
        {
            "google": {"project": PROJECT, **addresses},
            "runner": {"job": JOB, "region": REGION, "queue": "vertex-ai-queue", "vertex_region": REGION},
            "wandb": {"entity": "acme-ml", "project": "trainer"},
            "preset": [{"name": "a", "image": "i", "machine_type": "m", "staging_bucket": "gs://b"}],
            "timing": {"call": 5, "retry": 0.02, **(timing or {})},
            "logs": {"reads_per_minute": reads_per_minute},
        }
    )


def add_executions(world: World, count: int = 1, **more: Any) -> list[SimExecution]:
    """Executions a minute apart, the first the newest."""
    made = []
    for index in range(count):
        fields = {"job": JOB, "region": REGION, "state": "running", **more}
        execution = SimExecution(
            name=f"{fields['job']}-{len(world.executions):05}",
            created=AT - timedelta(minutes=index),
            **fields,
        )
        world.executions[execution.name] = execution
        made.append(execution)
    return made


def add_jobs(world: World, count: int = 1, **more: Any) -> list[SimJob]:
    """Custom jobs a minute apart, the first the newest; their ids say nothing of their age."""
    made = []
    for index in range(count):
        fields = {
            "region": REGION,
            "display_name": "bert",
            "state": "RUNNING",
            "created": AT - timedelta(minutes=index),
            "env": {"WANDB_API_KEY": WANDB_KEY},
            **more,
        }
        job = SimJob(job_id=str(7_919 * (len(world.jobs) + 1) % 100_003), **fields)
        world.jobs[job.job_id] = job
        made.append(job)
    return made


def add_builds(world: World, count: int = 1, **more: Any) -> list[SimBuild]:
    """Builds a minute apart, the first the newest."""
    made = []
    for index in range(count):
        fields = {
            "region": REGION,
            "status": "WORKING",
            "image": "trainer:1",
            "created": AT - timedelta(minutes=index),
            **more,
        }
        build = SimBuild(build_id=f"b{len(world.builds):05}", **fields)
        world.builds[build.build_id] = build
        made.append(build)
    return made


def add_lines(world: World, owner: str, *texts: str, **more: Any) -> None:
    """Entries of one execution, a second apart, visible at once."""
    for text in texts:
        number = len(world.logs)
        fields = {
            "at": AT + timedelta(seconds=number),
            "visible": AT,
            "resource_type": "cloud_run_job",
            "resource_labels": {"job_name": JOB, "location": REGION},
            "labels": {"run.googleapis.com/execution_name": owner},
            "text": text,
            **more,
        }
        world.logs.append(SimLogEntry(insert_id=f"{number:06}", **fields))


async def ask(endpoint: str, method: str, request: Any, response: Any) -> Any:
    """One bare call with Google's messages, as any client could make it; raises AioRpcError."""
    async with grpc.aio.insecure_channel(endpoint.removeprefix("http://")) as channel:
        call = channel.unary_unary(
            method,
            request_serializer=type(request).serialize,
            response_deserializer=raw(response).FromString,
        )
        return await call(request, timeout=5)


async def refusal(endpoint: str, method: str, request: Any, response: Any) -> tuple[str, str]:
    """The status and the sentence with which a call is refused."""
    try:
        await ask(endpoint, method, request, response)
    except grpc.aio.AioRpcError as error:
        return error.code().name, error.details() or ""
    return "OK", ""
