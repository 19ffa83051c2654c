"""Runs the bot as a child process and stops it together with all processes that it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

# The bot ends within ten seconds of SIGTERM.
TERMINATE_SECONDS = 12.0
# A killed process is gone within moments.
KILL_SECONDS = 3.0

# Variables that a Python program needs, and the user's locale. No proxies: they would be used for
# addresses of this machine, and NO_PROXY is not honoured.
_NEEDED = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TERM", "LD_LIBRARY_PATH", "VIRTUAL_ENV"}
)


def inherited_environment() -> dict[str, str]:
    """Return the environment variables that the bot needs; the machine's real secrets are left out."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _NEEDED or name.startswith(("PYTHON", "COVERAGE_"))
    }


class BotProcess:
    """`async with BotProcess(...)` runs the bot's `serve` command until the block ends."""

    def __init__(
        self, settings: Path, secrets: dict[str, str], *, log: Path, options: Sequence[str] = ()
    ) -> None:
        command = [sys.executable, "-m", "handlers.cli", "serve", "--settings", str(settings)]
        self._arguments = [*command, *options]
        # Temporary files of killed processes are removed with the sandbox's folder.
        self._scratch = tempfile.mkdtemp(prefix="bot-", dir=log.parent)
        self._environment = {**inherited_environment(), **secrets, "TMPDIR": self._scratch}
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
            await _kill_strays(self._scratch)
        if self._log is not None:
            self._log.close()

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines of the bot's log."""
        return "\n".join(self._log_path.read_text(errors="replace").splitlines()[-lines:])


async def _end(process: asyncio.subprocess.Process) -> None:
    """Terminate the process and all processes of its session."""
    with contextlib.suppress(ProcessLookupError):
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TERMINATE_SECONDS):
                    await process.wait()
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _kill_strays(scratch: str) -> None:
    """Kill processes that the bot started in other sessions, found by the TMPDIR that it gave them.

    wandb-core is such a process: it checks every two seconds whether its parent is alive, unless it hangs.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(KILL_SECONDS):
            while strays := _strays(scratch):
                for pid in strays:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(0.02)


def _strays(scratch: str) -> list[int]:
    """Return the processes with this TMPDIR; none on systems without /proc."""
    mark, found = f"TMPDIR={scratch}".encode(), list[int]()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it ended meanwhile or belongs to another user
            if mark in environment.read_bytes().split(b"\0"):
                found.append(int(environment.parent.name))
    return found
