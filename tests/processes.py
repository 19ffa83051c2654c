"""The product's own command as a child process, beside a sandbox in this one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

COMMAND = (sys.executable, "-m", "handlers.cli")
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def surroundings(secrets: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a child: ours without proxies, with the sandbox's secrets."""
    outside = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    return {**outside, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **(secrets or {})}


async def command(*words: str, secrets: Mapping[str, str] | None = None, seconds: float = 60) -> Ended:
    """Runs a command to its end."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *words,
        env=surroundings(secrets),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()
        raise
    return Ended(process.returncode or 0, out.decode(), err.decode())


@dataclass(slots=True)
class Child:
    """A command that goes on; what it prints is in `log`."""

    process: asyncio.subprocess.Process
    log: Path

    def said(self) -> str:
        """Everything that it has printed."""
        return self.log.read_text(errors="replace")

    def family(self) -> list[psutil.Process]:
        """The process and every process under it."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    async def says(self, words: str, seconds: float = 30) -> str:
        """Returns all it printed once these words are among it."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while words not in self.said():
            if loop.time() > end or self.process.returncode is not None:
                raise AssertionError(f"It never said {words!r}:\n{self.said()}")
            await asyncio.sleep(0.05)
        return self.said()

    async def told(self, number: signal.Signals, seconds: float) -> int:
        """Sends a signal and returns the exit code; TimeoutError when it has not ended in time."""
        self.process.send_signal(number)
        async with asyncio.timeout(seconds):
            return await self.process.wait()


@asynccontextmanager
async def child(*words: str, folder: Path, secrets: Mapping[str, str] | None = None) -> AsyncIterator[Child]:
    """A command under way; killed at the end, if it has not ended by itself."""
    log = folder / f"{words[0]}.log"
    with log.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *words,
            env=surroundings(secrets),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    try:
        yield Child(process, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
