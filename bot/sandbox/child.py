"""The bot as a child process: started with a stage's settings, ended with everything that it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Self

# The bot promises to end within ten seconds of SIGTERM.
PATIENCE = 12.0
# A process that was killed is gone within moments.
KILL_SECONDS = 3.0

# What a Python program needs to find itself, and a person's language and time. No proxy: it would be asked
# for addresses of this machine, and NO_PROXY is not honoured.
_NEEDED = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TERM", "LD_LIBRARY_PATH", "VIRTUAL_ENV"}
)


def surroundings() -> dict[str, str]:
    """Return the variables of our environment that the bot needs; real secrets of the machine stay here."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _NEEDED or name.startswith(("PYTHON", "COVERAGE_"))
    }


class BotProcess:
    """`async with BotProcess(...)` runs the product's own command until the block ends."""

    def __init__(self, settings: Path, secrets: dict[str, str], *, log: Path) -> None:
        self._arguments = [sys.executable, "-m", "handlers.cli", "serve", "--settings", str(settings)]
        # What the bot and its helpers leave lying about when they are killed goes with the stage's folder.
        self._scratch = tempfile.mkdtemp(prefix="bot-", dir=log.parent)
        self._environment = {**surroundings(), **secrets, "TMPDIR": self._scratch}
        self._log_path = log
        self._log: IO[bytes] | None = None
        self.process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._log = self._log_path.open("ab")
        self.process = await asyncio.create_subprocess_exec(
            *self._arguments,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            await _end(self.process)
            await _end_strays(self._scratch)
        if self._log is not None:
            self._log.close()

    def last_words(self, lines: int = 15) -> str:
        """Return the end of what the bot wrote."""
        return "\n".join(self._log_path.read_text(errors="replace").splitlines()[-lines:])


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the process and every process of its session."""
    with contextlib.suppress(ProcessLookupError):
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await process.wait()
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _end_strays(scratch: str) -> None:
    """Kills what the bot started in sessions of their own, known by the environment that it gave them.

    wandb-core is such a process: it looks every other second whether its bot lives, if it is not stuck.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(KILL_SECONDS):
            while strays := _strays(scratch):
                for pid in strays:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(0.02)


def _strays(scratch: str) -> list[int]:
    """Return the processes with this TMPDIR; none where the system has no /proc to ask."""
    mark, found = f"TMPDIR={scratch}".encode(), list[int]()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it ended meanwhile, or is somebody else's
            if mark in environment.read_bytes().split(b"\0"):
                found.append(int(environment.parent.name))
    return found
