"""The `wandb` SDK's process (wandb-core): its options, start and end."""

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
# A folder is locked right after its creation; a younger one, in seconds, may not be locked yet.
MIN_AGE_SECONDS = 60.0


class SdkTempDir:
    """A new temporary folder at `path`; folders left by killed bots are removed first."""

    def __init__(self) -> None:
        for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            _remove_if_abandoned(left)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._handle = _locked(self.path)

    def remove(self) -> None:
        """Remove the folder and its content."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _remove_if_abandoned(path: Path) -> None:
    with contextlib.suppress(OSError):  # it belongs to another user, or is gone
        if time.time() - path.stat(follow_symlinks=False).st_mtime < MIN_AGE_SECONDS:
            return
        handle = _locked(path)
        if handle is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(handle)


def _locked(path: Path) -> int | None:
    """Return the folder's handle, locked until closed; None when a running bot holds the lock."""
    import fcntl  # noqa: PLC0415 - POSIX only, as in `bot.store.lock`

    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


class SdkProcess:
    """The SDK's process. Every method blocks for well under a second: call it in a thread."""

    def __init__(self) -> None:
        # The SDK does not support a concurrent start and stop of its process.
        self._lock = threading.Lock()
        self._folder: SdkTempDir | None = None
        self._lost = False
        self._closed = False

    def start(self) -> None:
        """Import the SDK and start its process unless it runs. Raise ServiceError once closed."""
        with self._lock:
            if self._closed:
                raise failure(ProblemKind.UNAVAILABLE, "the bot is shutting down", effectless=True)
            if self._folder is None:
                self._folder = SdkTempDir()
            options = _options(self._folder.path)
            os.environ.update(options)
            if self._lost:
                _tear_down()
                self._lost = False
            import wandb  # noqa: PLC0415 - slow to import, and reads the environment on import

            limit_environment(options.keys())
            wandb.setup()

    def mark_lost(self) -> None:
        """Record that the process is gone; the SDK never restarts it by itself."""
        self._lost = True

    def close(self) -> None:
        """Stop the process for good; its pending calls fail at once."""
        with self._lock:
            self._closed = True
            if self._folder is not None:
                _tear_down()
                self._folder.remove()


def _tear_down() -> None:
    import wandb  # noqa: PLC0415 - already imported when this is called

    # When its process was killed, the SDK exits ours with the same exit code.
    with suppress(Exception, SystemExit):
        wandb.teardown()


def _options(folder: Path) -> dict[str, str]:
    """Return the SDK options that can only be set through the environment."""
    return {
        "WANDB_ERROR_REPORTING": "false",  # no telemetry
        "WANDB_SILENT": "true",
        # By default the SDK retries until our deadline, which hides the original error.
        "WANDB_X_GRAPHQL_RETRY_MAX": "1",
        # The SDK creates a folder for each listed run, and uses files in the home folder.
        "WANDB_DIR": str(folder),
        "WANDB_CACHE_DIR": str(folder / "cache"),
        "WANDB_CONFIG_DIR": str(folder / "config"),
        "WANDB_DATA_DIR": str(folder / "data"),
    }
