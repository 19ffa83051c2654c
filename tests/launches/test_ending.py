from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable

import aiosqlite
import psutil
import pytest
from bed import brief, stage_on, write_in
from processes import Child, child

from bot.runtime.shutdown import BUDGETS, SHUTDOWN_SECONDS, Phase, run_phase
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.world.state import Fault

FOR_EVER = 10**6


def test_every_part_has_its_share_and_there_is_time_to_spare() -> None:
    """Platforms kill ten seconds after SIGTERM: parts that end in a row must not add up to more."""
    assert set(Phase) == set(BUDGETS)
    assert sum(BUDGETS.values()) <= SHUTDOWN_SECONDS - 1


async def test_what_hangs_is_left_behind_and_the_rest_ends() -> None:
    """One client that never closes may not cost the others their end, nor an error theirs."""
    ended = []

    async def hangs() -> None:
        await asyncio.Event().wait()

    async def fails() -> None:
        raise OSError("gone")

    async def works() -> None:
        ended.append("works")

    began = time.monotonic()
    await run_phase(Phase.STORE, hangs(), fails(), works())

    assert ["works"] == ended
    assert BUDGETS[Phase.STORE] <= time.monotonic() - began < BUDGETS[Phase.STORE] + 2


async def _everything_hangs(stage: Sandbox, bot: Child) -> None:
    """Edits are refused, a turn waits for Vertex AI, W&B's process is stopped with a call in it."""
    stage.world.faults.append(Fault(service="aiplatform", method="ListCustomJobs", hang=True, times=FOR_EVER))
    await stage.slack.type_text("alice", "#training", "/launch")
    await _until(lambda: stage.world.calls["aiplatform", "ListCustomJobs", "us-central1"])
    stage.slack.set_faults(server_errors={"chat.update": FOR_EVER})
    _core(bot)[0].suspend()
    await stage.slack.type_text("alice", "#training", "/monitor completed")


@pytest.mark.parametrize("http", [False, True], ids=["sockets", "http"])
async def test_sigterm_ends_in_order_although_everything_hangs(*, http: bool) -> None:
    """Each part is given up after its share, so that the parts behind it still end, and nobody is killed."""
    async with stage_on(brief()) as (stage, folder):
        path = stage.write_settings(folder, insert=60.0, call=60.0)
        write_in(path, "slack", http_port=0)
        words = ("serve", *(["--http"] if http else []), "--settings", str(path))
        async with child(*words, folder=folder, secrets=stage.environment()) as bot:
            await bot.says('"ready"')
            if http:
                await stage.slack.use_http(_url(bot.said()))
            await bot.says("launches resumed")
            await _until(lambda: _core(bot))
            family = bot.family()
            await _everything_hangs(stage, bot)
            async with aiosqlite.connect(folder / "launch-control.db") as other:
                await other.execute("BEGIN IMMEDIATE")
                typed = asyncio.create_task(stage.slack.type_text("alice", "#training", "/launch lr=0.5"))
                await asyncio.sleep(0.3)
                began = time.monotonic()
                code = await bot.told(signal.SIGTERM, 20)
                lasted = time.monotonic() - began
                await other.rollback()
            typed.cancel()
            for one in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.resume()
            _, alive = psutil.wait_procs(family, timeout=10)
        log = bot.said()

    assert (0, []) == (code, alive), log
    assert '"stopped"' in log
    assert "cut short" not in log
    assert lasted < SHUTDOWN_SECONDS


def _core(bot: Child) -> list[psutil.Process]:
    return [one for one in bot.family() if "wandb-core" in one.name()]


async def _until(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not happened():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)


def _url(log: str) -> str:
    return log.partition('"url": "')[2].partition('"')[0]
