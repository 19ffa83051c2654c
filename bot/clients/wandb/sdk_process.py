"""The process that the `wandb` library starts (wandb-core): its options, its start, its end."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from bot.clients.wandb.errors import failure
from bot.clients.wandb.process_environment import limit_environment
from bot.models.errors import ProblemKind

PREFIX = "launch-control-wandb-"
# A folder is locked within moments of being made; one that is younger, in seconds, may not be locked yet.
YOUNG = 60.0


class Folder:
    """A new folder, at `path`, until `remove`; the folders of bots that were killed are removed first."""

    def __init__(self) -> None:
        for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            _remove_left(left)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._handle = _locked(self.path)

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _remove_left(path: Path) -> None:
    with contextlib.suppress(OSError):  # it is another person's, or gone
        if time.time() - path.stat(follow_symlinks=False).st_mtime < YOUNG:
            return
        handle = _locked(path)
        if handle is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(handle)


def _locked(path: Path) -> int | None:
    """Return the open folder, locked until it is closed or this process ends; None when a living bot has it."""
    import fcntl  # noqa: PLC0415 - POSIX only, as in `bot.store.lock`

    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


class Core:
    """The library's process. Every method blocks, for well under a second: call it in a thread."""

    def __init__(self) -> None:
        # The library keeps a start and an end of its process apart only when they do not meet.
        self._turn = threading.Lock()
        self._folder: Folder | None = None
        self._lost = False
        self._closed = False

    def start(self) -> None:
        """Load the library and starts its process, unless it runs. Raise ServiceError once closed."""
        with self._turn:
            if self._closed:
                raise failure(ProblemKind.UNAVAILABLE, "the bot is ending", effectless=True)
            if self._folder is None:
                self._folder = Folder()
            options = _options(self._folder.path)
            os.environ.update(options)
            if self._lost:
                _tear_down()
                self._lost = False
            import wandb  # noqa: PLC0415 - it takes half a second, and reads the environment at once

            limit_environment(options.keys())
            wandb.setup()

    def lose(self) -> None:
        """Note that the process is gone; the library never starts another by itself."""
        self._lost = True

    def close(self) -> None:
        """End the process, for good; calls in it fail at once."""
        with self._turn:
            self._closed = True
            if self._folder is not None:
                _tear_down()
                self._folder.remove()


def _tear_down() -> None:
    import wandb  # noqa: PLC0415 - loaded already when this is called

    # For a process that was killed the library wants to end ours with the same exit code.
    with suppress(Exception, SystemExit):
        wandb.teardown()


def _options(folder: Path) -> dict[str, str]:
    """Return the library's options that it takes from the environment only."""
    return {
        "WANDB_ERROR_REPORTING": "false",  # no telemetry
        "WANDB_SILENT": "true",
        # Left alone it repeats until our deadline, and what was wrong stays in the dark.
        "WANDB_X_GRAPHQL_RETRY_MAX": "1",
        # It makes a folder for each run that it lists, and reads and writes its files at home.
        "WANDB_DIR": str(folder),
        "WANDB_CACHE_DIR": str(folder / "cache"),
        "WANDB_CONFIG_DIR": str(folder / "config"),
        "WANDB_DATA_DIR": str(folder / "data"),
    }
