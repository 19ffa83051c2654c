"""A comparison: one process for each region and service, as the system before this one gathered its rows.

Each process starts Python, makes the same call on the same servers with the least code that can, and ends;
nothing is parsed or shown. The real thing started a whole command-line tool, which takes far longer.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from datetime import timedelta
from typing import Any

from bench_scan import ALL, SMALL, product, rendered
from bench_tools import Servers, measure, servers
from google.cloud import aiplatform_v1, run_v2
from google.cloud.devtools import cloudbuild_v1

from bot.models.regions import REGIONS
from bot.runtime.clock import SystemClock
from bot.settings.loader import load_settings

AT_ONCE = 18
ONE_CALL = """
import sys
import grpc
address, method, request = sys.argv[1:]
with grpc.insecure_channel(address) as channel:
    channel.unary_unary(method)(bytes.fromhex(request), timeout=60)
"""


async def run() -> None:
    """Wall and CPU time of both ways, over the same rows with 100 ms to every place."""
    async with servers() as where:
        await where.order("fill", **SMALL)
        await where.order("latency", places={"*": 0.1})
        wall, cpu = await _one_scan(where)
        old_wall, old_cpu, processes = await _processes(where)
    measure(
        "versus_process_per_call",
        old_wall / wall,
        cpu_ratio=old_cpu / cpu,
        processes=processes,
        old_wall_s=old_wall,
        old_cpu_s=old_cpu,
        wall_s=wall,
        cpu_s=cpu,
    )


async def _one_scan(where: Servers) -> tuple[float, float]:
    async with product(where) as made:
        await made.scanner.join(ALL).diagnosed()
        began, spent = time.perf_counter(), time.process_time()
        rendered(await made.scanner.join(ALL).rows())
        return time.perf_counter() - began, time.process_time() - spent


async def _processes(where: Servers) -> tuple[float, float, int]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(arguments: tuple[str, ...]) -> None:
        async with gate:
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", ONE_CALL, *arguments)
            assert await process.wait() == 0

    asked = list(_calls(where))
    began, spent = time.perf_counter(), _children()
    await asyncio.gather(*(one(arguments) for arguments in asked))
    return time.perf_counter() - began, _children() - spent, len(asked)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _calls(where: Servers) -> list[tuple[str, str, str]]:
    settings = load_settings(where.settings)
    project, google = settings.google.project, settings.google
    since = SystemClock().now() - timedelta(days=7)
    made = []
    for region in REGIONS:
        place = f"projects/{project}/locations/{region}"
        executions = run_v2.ListExecutionsRequest(parent=f"{place}/jobs/{settings.runner.job}", page_size=100)
        jobs = aiplatform_v1.ListCustomJobsRequest(
            parent=place, filter=f'create_time>="{since:%Y-%m-%dT%H:%M:%SZ}"', page_size=100
        )
        active = cloudbuild_v1.ListBuildsRequest(
            parent=place, project_id=project, filter='status="WORKING"', page_size=100
        )
        recent = cloudbuild_v1.ListBuildsRequest(parent=place, project_id=project, page_size=4)
        made += [
            _call(google.run_endpoint, "google.cloud.run.v2.Executions/ListExecutions", executions),
            _call(google.aiplatform_endpoint, "google.cloud.aiplatform.v1.JobService/ListCustomJobs", jobs),
            _call(google.build_endpoint, "google.devtools.cloudbuild.v1.CloudBuild/ListBuilds", active),
            _call(google.build_endpoint, "google.devtools.cloudbuild.v1.CloudBuild/ListBuilds", recent),
        ]
    return made


def _call(address: str | None, method: str, request: Any) -> tuple[str, str, str]:
    assert address
    return address.removeprefix("http://"), f"/{method}", type(request).serialize(request).hex()


if __name__ == "__main__":
    asyncio.run(run())
