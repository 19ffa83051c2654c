"""The sandbox's servers as a process of their own, told what to do by JSON lines on its standard input."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bot.models.regions import REGIONS
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.slack.settings import BOT_USER, PEOPLE, ChannelConfig
from bot.sandbox.world.scenario import Scenario
from bot.sandbox.world.scenario_file import read_scenario
from bot.sandbox.world.state import Fault, SimBuild, SimExecution, SimJob, SimLogEntry, SimRun
from bot.sandbox.world.world import World

JOB = "vertex-ai-launcher"
CHANNELS = 50
NEVER = 10**9
FAILING = 3  # regions whose newest runner and job failed


def main() -> None:
    """Serves until its input ends."""
    scenario = (
        Scenario(title="bench", latency={"*": 0.0}) if sys.argv[1] == "bench" else read_scenario(sys.argv[1])
    )
    asyncio.run(_serve(scenario))


async def _serve(scenario: Scenario) -> None:
    reader = asyncio.StreamReader(limit=2**24)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        stage = Sandbox(scenario)
        if scenario.title == "bench":
            _give_channels(stage)
        async with stage:
            settings = stage.write_settings(Path(folder))
            _answer({"settings": str(settings), "environment": stage.environment()})
            _settle()
            while line := await reader.readline():
                asked = json.loads(line)
                _answer({"answer": await ORDERS[asked.pop("order")](stage, **asked)})


def _answer(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - how the processes talk


def _settle() -> None:
    gc.collect()
    gc.freeze()


def _give_channels(stage: Sandbox) -> None:
    people = tuple(person.id for person in PEOPLE)
    rooms = (
        ChannelConfig("C0TRAINING", "training", (*people, BOT_USER)),
        *(
            ChannelConfig(f"C0ROOM{number:03}", f"room-{number}", (*people, BOT_USER))
            for number in range(CHANNELS)
        ),
    )
    settings = dataclasses.replace(stage.slack.settings, channels=rooms, rate_limits=False)
    stage.slack = type(stage.slack)(settings)


async def _fill(stage: Sandbox, *, executions: int, jobs: int, working: int) -> int:
    """So many executions, jobs and builds at work in each region, beside four builds that have ended."""
    world = stage.world
    for things in (world.executions, world.jobs, world.builds, world.runs, world.logs):
        things.clear()
    world.runner_jobs = {JOB: REGIONS}
    for place, region in enumerate(REGIONS):
        for number in range(executions):
            _add_execution(world, region, place, number)
        for number in range(jobs):
            _add_job(world, region, place, number)
        for number in range(working + 4):
            _add_build(world, region, place, number, at_work=number >= 4)
    for number in range(30):
        state = "running" if number % 6 == 0 else "finished"
        at = world.now() - timedelta(minutes=number)
        world.runs[f"run{number:05}"] = SimRun(f"run{number:05}", f"bert-{number}", state, "ana", at, at)
    _settle()
    return len(world.executions) + len(world.jobs) + len(world.builds)


def _times(world: World, place: int, number: int) -> tuple[datetime, datetime, datetime]:
    """When a row was created, started and ended: regions take turns, and row 0 is the newest."""
    created = world.now() - timedelta(hours=2, minutes=number, seconds=place)
    return created, created + timedelta(seconds=9), created + timedelta(minutes=30)


def _add_execution(world: World, region: str, place: int, number: int) -> None:
    created, started, ended = _times(world, place, number)
    name = f"{JOB}-{place:02}{number:03}"
    failed, running = number == 0 and place < FAILING, number == 5 and place < FAILING
    state = "failed" if failed else "running" if running else "succeeded"
    world.executions[name] = SimExecution(
        name=name, job=JOB, region=region, state=state,
        args=("-q", "vertex-ai-queue", "-e", "acme-ml", "--max-jobs", "-1"), created=created, started=started,
        ended=None if running else ended,
    )  # fmt: skip
    if failed or running:
        _log(world, "cloud_run_job", {"job_name": JOB}, {"run.googleapis.com/execution_name": name}, ended)


def _add_job(world: World, region: str, place: int, number: int) -> None:
    created, started, ended = _times(world, place, number)
    job_id = f"{place + 10}{number:04}"
    failed, running = number == 0 and place < FAILING, number == 5 and place < FAILING
    world.jobs[job_id] = SimJob(
        job_id=job_id, region=region, display_name=f"bert-small-{place:02}{number:03}", created=created,
        state="FAILED" if failed else "RUNNING" if running else "SUCCEEDED", started=started,
        ended=None if running else ended, labels={"wandb-run-id": f"r{place:02}{number:05}"},
        error="Replica exited with a non-zero status of 1" if failed else "",
    )  # fmt: skip
    if failed:
        _log(world, "ml_job", {"job_id": job_id}, {}, ended)


def _add_build(world: World, region: str, place: int, number: int, *, at_work: bool) -> None:
    created, started, ended = _times(world, place, number)
    build_id = f"{place:02}{number:03}aaa-bbbb-cccc"
    world.builds[build_id] = SimBuild(
        build_id=build_id, region=region, status="WORKING" if at_work else "SUCCESS", created=created,
        image=f"us-docker.pkg.dev/acme-ml/train/bert:{number}", steps_total=4, steps_done=2, started=started,
        ended=None if at_work else ended,
    )  # fmt: skip


def _log(world: World, kind: str, resource: dict[str, str], labels: dict[str, str], at: Any) -> None:
    lines = [
        "starting",
        "Runs: 1",
        "Traceback (most recent call last):",
        "  File 'a.py', line 1, in <module>",
    ]
    for number, text in enumerate(
        [*lines, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB"]
    ):
        when = at - timedelta(seconds=9 - number)
        world.logs.append(
            SimLogEntry(f"{len(world.logs):06}", when, when, kind, resource, labels, "DEFAULT", text)
        )


async def _big_log(stage: Sandbox, *, entries: int, size: int) -> str:
    """One runner that failed, its log of so many entries of so many characters; returns its last words."""
    await _fill(stage, executions=1, jobs=0, working=0)
    world = stage.world
    world.logs.clear()
    failed = next(one for one in world.executions.values() if one.state == "failed")
    assert failed.ended
    labels = {"run.googleapis.com/execution_name": failed.name}
    row = "INFO step {} loss=0.1234 error_rate=0.01 lr=1e-05 KeyError: ignored, once more at a.example/x?y "
    for number in range(entries):
        at = failed.ended - timedelta(milliseconds=10 * (entries - number))
        text = (row.format(number) * (size // len(row) + 1))[:size]
        text = text if number < entries - 1 else "RuntimeError: the cause of a big log"
        world.logs.append(
            SimLogEntry(f"{number:06}", at, at, "cloud_run_job", {"job_name": JOB}, labels, "DEFAULT", text)
        )
    _settle()
    return "the cause of a big log"


async def _latency(stage: Sandbox, *, places: dict[str, float]) -> None:
    stage.world.latency = places


async def _faults(stage: Sandbox, *, faults: list[dict[str, Any]]) -> None:
    stage.world.faults = [Fault(**fault) for fault in faults]


async def _calls(stage: Sandbox) -> dict[str, int]:
    """The calls by service since the last time that this was asked."""
    counted: dict[str, int] = {}
    for (service, _method, _region), number in stage.world.calls.items():
        counted[service] = counted.get(service, 0) + number
    stage.world.calls.clear()
    return counted


async def _connected(stage: Sandbox) -> float:
    """When the bot had connected, by the clock that all processes of a machine share."""
    await stage.slack.wait_until(lambda: stage.slack.connections > 0, 30)
    return time.monotonic()


async def _use_http(stage: Sandbox, *, url: str) -> bool:
    """Sends payloads to this request URL from now on; whether it answers Slack's challenge."""
    await stage.slack.use_http(url)
    return await stage.slack.verify_request_url()


async def _type(stage: Sandbox, *, texts: list[str], together: bool, rooms: int = 1) -> list[float]:
    """Types commands as alice, one after another or all at once; milliseconds until each was acknowledged."""
    sent = [
        stage.slack.type_text("alice", "#training" if rooms == 1 else f"#room-{number % rooms}", text)
        for number, text in enumerate(texts)
    ]
    outcomes = await asyncio.gather(*sent) if together else [await one for one in sent]
    return [outcome.milliseconds if outcome.ok else NEVER for outcome in outcomes]


async def _herd(stage: Sandbox, *, people: int, within: float) -> list[float]:
    """People type /monitor in a channel each, spread over some seconds; seconds until each had all tables."""

    async def one(number: int) -> float:
        room = f"#room-{number}"
        await asyncio.sleep(within * number / people)
        began = time.monotonic()
        await stage.slack.type_text("alice", room, "/monitor")
        await stage.slack.wait_until(lambda: len(stage.slack.messages(room)) >= 1, 60)
        return time.monotonic() - began

    return list(await asyncio.gather(*(one(number) for number in range(people))))


async def _type_during_monitor(stage: Sandbox, *, text: str, words: str) -> list[float]:
    """Types /monitor, then other commands until these words stand there; milliseconds of each ack."""
    room = "#room-1"
    await stage.slack.type_text("alice", room, "/monitor runners")
    taken: list[float] = []
    while words not in stage.slack.render_text(room) and len(taken) < 2_000:
        number = len(taken)
        typed = text.format(number + 1)
        outcome = await stage.slack.type_text("alice", f"#room-{2 + number % (CHANNELS - 2)}", typed)
        taken.append(outcome.milliseconds if outcome.ok else NEVER)
    return taken


async def _monitor(stage: Sandbox, *, channel: str, last_words: str = "") -> list[float]:
    """Seconds from /monitor typed to the verdict, the first table and the last one (with these words)."""
    before = len(stage.slack.messages(channel))
    began = time.monotonic()
    await stage.slack.type_text("alice", channel, "/monitor")
    times = []

    def has(more: int) -> bool:
        return len(stage.slack.messages(channel)) >= before + more

    for more in (1, 2, 7):
        await stage.slack.wait_until(partial(has, more), 60)
        times.append(time.monotonic() - began)
    if last_words:
        await stage.slack.wait_until(lambda: last_words in stage.slack.render_text(channel), 60)
        times.append(time.monotonic() - began)
    return times


async def _launch(stage: Sandbox, *, text: str) -> list[float]:
    """Seconds from /launch typed to the card, and from the job standing in Vertex AI to the art."""
    room, jobs = "#training", set(stage.world.jobs)
    before = len(stage.slack.messages(room))
    began = time.monotonic()
    await stage.slack.type_text("alice", room, text)
    await stage.slack.wait_until(lambda: len(stage.slack.messages(room)) > before, 30)
    card = time.monotonic()
    while not set(stage.world.jobs) - jobs:  # noqa: ASYNC110 - the world tells nobody
        await asyncio.sleep(0.002)
    job = time.monotonic()
    await stage.slack.wait_until(lambda: "Job Invocation Submitted" in stage.slack.render_text(room), 60)
    return [card - began, time.monotonic() - job]


ORDERS: dict[str, Callable[..., Awaitable[Any]]] = {
    "fill": _fill,
    "latency": _latency,
    "faults": _faults,
    "calls": _calls,
    "connected": _connected,
    "use_http": _use_http,
    "type": _type,
    "herd": _herd,
    "big_log": _big_log,
    "type_during_monitor": _type_during_monitor,
    "monitor": _monitor,
    "launch": _launch,
}

if __name__ == "__main__":
    main()
