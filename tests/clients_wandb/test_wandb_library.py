from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest
from wandb_samples import add_run

from bot.clients.wandb import Wandb
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World

Connect = Callable[..., Wandb]


async def problem_of(call: Awaitable[object]) -> Problem:
    with pytest.raises(ServiceError) as caught:
        await call
    return caught.value.problem


def cores() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if "wandb-core" in child.name()]


def environment_of(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().strip("\0").split("\0")
    return dict(pair.split("=", 1) for pair in pairs)


async def test_a_key_that_is_refused_is_said_at_each_call(server: WandbServer, connect: Connect) -> None:
    """A wrong key is no missing table: it is named, without being repeated."""
    client = connect(server.url, key="b" * 40)

    problems = [await problem_of(client.list_active(deadline=3)) for _ in range(2)]

    assert {ProblemKind.UNAUTHENTICATED} == {problem.kind for problem in problems}
    assert "b" * 40 not in problems[0].message


async def test_without_a_key_the_library_is_not_even_loaded(server: WandbServer, connect: Connect) -> None:
    """It would look for a key in other files of the machine, or ask for one at the terminal."""
    client = connect(server.url, key="")

    problem = await problem_of(client.list_active(deadline=3))

    assert (ProblemKind.UNAUTHENTICATED, "WANDB_API_KEY is not set") == (problem.kind, problem.message)
    assert cores() == []


async def test_a_project_that_is_not_there_yet_has_no_runs(server: WandbServer, connect: Connect) -> None:
    """Before a team's first launch there is no project: that is none, not a failure."""
    client = connect(server.url, project="brand-new")

    assert await client.list_active(deadline=3) == ()
    assert await client.list_completed(limit=10, deadline=3) == ()
    assert await client.find_run("abcd1234") is None


async def test_an_entity_that_the_key_does_not_see_is_a_problem(
    server: WandbServer, connect: Connect
) -> None:
    """A typing error in the settings looks just like an empty project to the library."""
    client = connect(server.url, entity="acme-typo")

    problem = await problem_of(client.list_active(deadline=3))

    assert problem.kind is ProblemKind.NOT_FOUND
    assert "acme-typo" in problem.message


async def test_w_and_b_down_at_the_start_is_said_and_mended_by_itself(
    server: WandbServer, connect: Connect, world: World
) -> None:
    """The bot starts without W&B, and uses it as soon as it is back."""
    fault = Fault("wandb", status="503")
    world.faults.append(fault)
    add_run(world, "run00001")
    client = connect(server.url, call=8.0)

    problem = await problem_of(client.list_active(deadline=9))
    world.faults.clear()
    runs = await client.list_active(deadline=9)

    assert problem.passing
    assert len(runs) == 1


async def test_a_connecting_that_hangs_holds_one_thread_only(
    server: WandbServer, connect: Connect, world: World
) -> None:
    """Each asker waits to its own deadline; the connecting goes on for those who come later."""
    world.faults.append(Fault("wandb", hang=True, times=1))
    client = connect(server.url, call=2.0)
    began = time.monotonic()

    problems = await asyncio.gather(*(problem_of(client.list_active(deadline=0.2)) for _ in range(6)))

    assert time.monotonic() - began < 1.5
    assert {ProblemKind.TIMED_OUT} == {problem.kind for problem in problems}
    assert world.calls["wandb", "Viewer", "-"] <= 1


SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-planted",
    "SLACK_APP_TOKEN": "xapp-planted",
    "SLACK_SIGNING_SECRET": "planted-signing",
    "GOOGLE_APPLICATION_CREDENTIALS": "/run/planted.json",
    "GOOGLE_API_KEY": "planted-google",
    "DATABASE_URL": "postgresql://bot:planted@db/bot",
    "PGPASSWORD": "planted-pg",
    "WANDB_API_KEY": "planted-wandb",
    "SOMETHING_NEW": "planted-new",
}


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux shows environments there")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_the_librarys_process_knows_no_secret_of_ours(
    server: WandbServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs none, it gets its key over its socket; what it never had it cannot lose. Also at a restart."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    client = connect(server.url, call=10.0)
    seen = []
    for _ in range(2):
        await client.list_active(deadline=20)
        (core,) = cores()
        seen.append(environment_of(core.pid))
        core.kill()
        core.wait(5)

    assert [] == [name for environment in seen for name, value in environment.items() if "planted" in value]
    assert [set(), set()] == [set(environment) & set(SECRETS) for environment in seen]
    # What it does need came through: its folders, the proxy.
    assert all({"WANDB_DIR", "HTTPS_PROXY", "PATH"} <= set(environment) for environment in seen)
    gc.collect()  # as below


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_the_library_is_started_again_when_its_process_dies(
    server: WandbServer, connect: Connect, world: World
) -> None:
    """It never starts its process again by itself: every list would fail until the bot is restarted."""
    add_run(world, "run00001")
    client = connect(server.url, call=10.0)
    await client.list_active(deadline=20)
    (core,) = cores()
    core.kill()
    core.wait(5)

    answers = await asyncio.gather(*(client.list_active(deadline=20) for _ in range(4)))

    assert [1, 1, 1, 1] == [len(runs) for runs in answers]
    gc.collect()  # where Python notes that the library never waited for the process that was killed


async def test_closing_ends_the_process_also_while_calls_hang(
    server: WandbServer, connect: Connect, world: World
) -> None:
    """The bot ends within seconds of SIGTERM, and leaves nothing running."""
    client = connect(server.url)
    await client.warm()
    world.faults.append(Fault("wandb", hang=True))
    hung = asyncio.ensure_future(client.list_active(deadline=5))
    await asyncio.sleep(0)
    began = time.monotonic()

    await client.close()

    await asyncio.gather(hung, return_exceptions=True)
    assert time.monotonic() - began < 4
    assert cores() == []
