"""The sandbox leaves nothing behind: no process and no file, however it or its bot ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from processes import Child, child

SECONDS = 40.0  # for what a busy machine does within two or three


async def until(happened: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while not happened():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


def bots(sandbox: Child) -> list[psutil.Process]:
    return [one for one in sandbox.family() if "serve" in one.cmdline()]


def lives(process: psutil.Process) -> bool:
    """Whether it still runs; one that is dead and only waits to be counted does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def cores(sandbox: Child) -> list[psutil.Process]:
    return [one for one in sandbox.family() if "wandb-core" in one.name()]


@pytest.mark.parametrize("way", ["SIGINT", "SIGTERM", "bot killed", "core stuck"])
async def test_nothing_is_left_when_the_sandbox_ends(tmp_path: Path, way: str) -> None:
    """W&B's process lives in a session of its own: it must be found there, also when it is stuck."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    async with child("sandbox", "--port", "0", folder=tmp_path, secrets={"TMPDIR": str(scratch)}) as sandbox:
        await sandbox.says("type /launch")
        await until(lambda: cores(sandbox))
        family = sandbox.family()
        if way in ("bot killed", "core stuck"):
            cores(sandbox)[0].suspend()
        if way == "bot killed":
            bots(sandbox)[0].kill()
            async with asyncio.timeout(SECONDS):
                code = await sandbox.process.wait()
        else:
            code = await sandbox.told(signal.SIGINT if way == "SIGINT" else signal.SIGTERM, SECONDS)
        alive = [one for one in family if lives(one)]

    assert ([], []) == (alive, list(scratch.iterdir())), sandbox.said()
    assert code == (1 if way == "bot killed" else 0)


async def test_the_bot_gets_none_of_the_machines_secrets(tmp_path: Path) -> None:
    """Whoever tries the sandbox may have real keys in the shell: the bot there has the sandbox's only."""
    planted = {
        "SLACK_BOT_TOKEN": "xoxb-planted",
        "GOOGLE_APPLICATION_CREDENTIALS": "/run/planted.json",
        "AWS_SECRET_ACCESS_KEY": "planted",
        "DATABASE_URL": "postgresql://bot:planted@db/bot",
    }
    async with child("sandbox", "--port", "0", folder=tmp_path, secrets=planted) as sandbox:
        await sandbox.says("type /launch")
        (bot,) = bots(sandbox)
        seen = bot.environ()
        await sandbox.told(signal.SIGINT, SECONDS)

    assert [] == [name for name, value in seen.items() if "planted" in value]
    assert set(planted) & set(seen) == {"SLACK_BOT_TOKEN"}
    assert {"PATH", "TMPDIR", "WANDB_API_KEY"} <= set(seen)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_nothing_is_left_when_the_sandbox_ends_while_it_starts(
    tmp_path: Path, number: signal.Signals
) -> None:
    """An impatient person presses Ctrl-C twice before the bot is up: it ends in order all the same."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    async with child("sandbox", "--port", "0", folder=tmp_path, secrets={"TMPDIR": str(scratch)}) as sandbox:
        await until(lambda: bots(sandbox))
        family = sandbox.family()
        for _ in range(2):
            with contextlib.suppress(ProcessLookupError):
                sandbox.process.send_signal(number)
            await asyncio.sleep(0.02)
        async with asyncio.timeout(SECONDS):
            await sandbox.process.wait()
        alive = [one for one in family if lives(one)]

    assert ([], []) == (alive, list(scratch.iterdir())), sandbox.said()
