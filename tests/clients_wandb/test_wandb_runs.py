from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from wandb_samples import API_KEY, NOW, QUEUE, add_queue, add_run, make_client

from bot.clients.wandb import Wandb
from bot.models.cloud import RunState
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World

# The library's process is started once for all of these.
pytestmark = pytest.mark.asyncio(loop_scope="module")
Connect = Callable[..., Wandb]


@pytest.fixture(scope="module")
def stage() -> World:
    return World()


@pytest.fixture
def world(stage: World) -> World:
    """An empty world behind a server that goes on running."""
    stage.runs.clear()
    stage.faults.clear()
    stage.queues.clear()
    stage.latency.clear()
    add_queue(stage)
    stage.calls.clear()
    return stage


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="server")
async def _server(stage: World) -> AsyncIterator[WandbServer]:
    started = WandbServer(stage, api_key=API_KEY)
    await started.start()
    yield started
    await started.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(server: WandbServer) -> AsyncIterator[Wandb]:
    made = make_client(server.url, call=5.0)
    await made.warm()
    yield made
    await made.close()


def requests(world: World) -> dict[str, int]:
    return {name: count for (_, name, _), count in world.calls.items()}


async def test_a_list_is_one_request_with_what_w_and_b_measured(client: Wandb, world: World) -> None:
    """A scan waits for one round trip: no login, no summaries one by one."""
    add_run(world, "run00001", age=3600)
    add_run(world, "run00002", "preempting", age=60)
    add_run(world, "run00003", "finished")

    runs = await client.list_active(deadline=5)

    assert {"Runs": 1} == requests(world)
    assert ["run00002", "run00001"] == [run.run_id for run in runs]
    newest = runs[0]
    assert (newest.name, newest.by, newest.state) == ("name-run00002", "ana", RunState.PREEMPTING)
    assert (newest.created, newest.heartbeat) == (NOW - timedelta(seconds=60), NOW)
    assert newest.runtime == 42.0
    assert newest.url.endswith("/acme-ml/trainer/runs/run00002")


async def test_a_second_look_sees_what_has_changed(client: Wandb, world: World) -> None:
    """The library keeps answers for ever: a board must not show a run that ended as running."""
    run = add_run(world, "run00001")
    before = await client.list_active(deadline=5)
    run.state = "finished"

    after = await client.list_active(deadline=5)

    assert (1, 0) == (len(before), len(after))


async def test_a_run_without_a_measured_time_counts_between_w_and_bs_own_stamps(
    client: Wandb, world: World
) -> None:
    """Thirty hours are thirty hours: not six, and not an error about a time without a zone."""
    add_run(world, "run00001", "preempting", age=30 * 3600, summary={})

    (run,) = await client.list_active(deadline=5)

    assert run.runtime == 30 * 3600


async def test_pending_runs_are_at_work_and_unknown_states_have_ended(client: Wandb, world: World) -> None:
    """A word that W&B invents tomorrow is shown as unknown, not dropped."""
    add_run(world, "pending0", "pending")
    add_run(world, "strange0", "hibernating")

    active, completed = await asyncio.gather(
        client.list_active(deadline=5), client.list_completed(limit=10, deadline=5)
    )

    assert [("pending0", RunState.PENDING)] == [(run.run_id, run.state) for run in active]
    assert [("strange0", RunState.UNKNOWN)] == [(run.run_id, run.state) for run in completed]


async def test_completed_runs_are_the_newest_of_one_page(client: Wandb, world: World) -> None:
    """A project has thousands of ended runs: ten are asked for, in one request."""
    for number in range(30):
        add_run(world, f"run{number:05}", "finished" if number % 2 else "crashed", age=1000 - number)

    runs = await client.list_completed(limit=10, deadline=5)

    assert {"Runs": 1} == requests(world)
    assert [f"run{number:05}" for number in range(29, 19, -1)] == [run.run_id for run in runs]


async def test_more_active_runs_than_a_page_are_all_listed(client: Wandb, world: World) -> None:
    """ "All runs at work" means all."""
    for number in range(120):
        add_run(world, f"run{number:05}", age=1000 - number)

    assert len(await client.list_active(deadline=5)) == 120


async def test_one_run_is_found_by_its_id(client: Wandb, world: World) -> None:
    """A launch's id is its run's: that one or none."""
    add_run(world, "abcd1234", "failed")
    add_run(world, "other000")

    found = await client.find_run("abcd1234")

    assert found is not None
    assert (found.run_id, found.state) == ("abcd1234", RunState.FAILED)
    assert await client.find_run("nobody00") is None


async def test_final_metrics_are_those_asked_for_then_others(client: Wandb, world: World) -> None:
    """The closing reply has room for five numbers: the preset's first, W&B's own bookkeeping never."""
    summary: dict[str, Any] = {
        "_runtime": 1.0,
        "text": "no number",
        "flag": True,
        "a": 1.0,
        "eval/accuracy": 0.9,
        "b": 2,
        "loss": "NaN",
        "c": 3.0,
        "d": 4.0,
    }
    add_run(world, "abcd1234", "finished", summary=summary)

    metrics = await client.final_metrics("abcd1234", ["eval/accuracy", "missing"])

    assert ["eval/accuracy", "a", "b", "loss", "c"] == [key for key, _ in metrics]
    assert (0.9, 1.0, 2.0) == tuple(value for _, value in metrics)[:3]
    assert await client.final_metrics("nobody00", ["a"]) == ()


async def test_history_is_sampled_pairs(client: Wandb, world: World) -> None:
    """The loss curve is drawn from at most so many points."""
    add_run(world, "abcd1234", history=[{"_step": n, "loss": 1 / (n + 1)} for n in range(500)])

    pairs = await client.history("abcd1234", "loss", samples=20)

    assert len(pairs) == 20
    assert (pairs[0], pairs[-1]) == ((0.0, 1.0), (499.0, 1 / 500))
    assert await client.history("abcd1234", "nosuch", samples=20) == ()
    assert await client.history("nobody00", "loss", samples=20) == ()


async def test_a_run_is_stopped_once(client: Wandb, world: World) -> None:
    """Cancel asks W&B to stop the run of this launch, and no other."""
    mine, other = add_run(world, "abcd1234"), add_run(world, "other000")

    assert await client.stop_run("abcd1234")
    assert not await client.stop_run("nobody00")

    assert (True, False) == (mine.stop_requested, other.stop_requested)


async def problem_of(call: Awaitable[object]) -> Problem:
    with pytest.raises(ServiceError) as caught:
        await call
    return caught.value.problem


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault("wandb", status="401"), ProblemKind.UNAUTHENTICATED, "HTTP 401: user is not logged in"),
        (Fault("wandb", status="403"), ProblemKind.DENIED, "HTTP 403: permission denied"),
        (Fault("wandb", status="404"), ProblemKind.NOT_FOUND, "HTTP 404: not found"),
        (Fault("wandb", status="429", retry_delay=1), ProblemKind.EXHAUSTED, "HTTP 429: rate limit exceeded"),
        (Fault("wandb", status="html"), ProblemKind.UNKNOWN, "its answer is not JSON"),
        (Fault("wandb", status="graphql", message="boom"), ProblemKind.UNKNOWN, "input: boom"),
    ],
)
async def test_failures_keep_their_cause(
    client: Wandb, world: World, fault: Fault, kind: ProblemKind, words: str
) -> None:
    """ "No runs" is never shown for "could not ask", and what people can do depends on the cause."""
    world.faults.append(fault)

    problem = await problem_of(client.list_active(deadline=5))

    assert (kind, words) == (problem.kind, problem.message)


async def test_hung_lists_end_in_time_and_do_not_hold_up_the_next(client: Wandb, world: World) -> None:
    """W&B may hang for a while: more hung calls than threads, and it is usable again right after."""
    fault = Fault("wandb", method="Runs", hang=True)
    world.faults.append(fault)
    began = time.monotonic()
    problems = await asyncio.gather(*(problem_of(client.list_active(deadline=0.3)) for _ in range(8)))
    took = time.monotonic() - began
    world.faults.clear()
    add_run(world, "run00001")

    runs = await client.list_active(deadline=9)

    assert took < 1.5
    assert {ProblemKind.TIMED_OUT} == {problem.kind for problem in problems}
    assert problems[0].message == "no answer within 0.3 s"
    assert len(runs) == 1


async def test_hung_runs_do_not_touch_the_queue(client: Wandb, world: World) -> None:
    """Queue items go another way: a launch is queued while lists of runs hang."""
    world.faults.append(Fault("wandb", method="Runs", hang=True))

    hung = asyncio.gather(*(problem_of(client.list_active(deadline=0.5)) for _ in range(8)))
    async with asyncio.timeout(0.4):
        items = await client.list_items(QUEUE, deadline=0.4)

    await hung
    assert items == ()


async def test_the_library_writes_nothing_at_home_and_calls_nobody_else(client: Wandb) -> None:
    """The bot's machine may have a read-only home, and telemetry nobody asked for is none of ours."""
    folder = os.environ["WANDB_DIR"]

    assert os.environ["WANDB_ERROR_REPORTING"] == "false"
    assert all(os.environ[name].startswith(folder) for name in ("WANDB_CACHE_DIR", "WANDB_CONFIG_DIR"))
