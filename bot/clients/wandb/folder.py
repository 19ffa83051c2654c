"""The folder in which the `wandb` library writes; locked while its bot lives, so that killed bots' can go."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

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
        """Removes the folder with all that is in it."""
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
    """The open folder, locked until it is closed or this process ends; None when a living bot has it."""
    import fcntl  # noqa: PLC0415 - POSIX only, as in `bot.store.lock`

    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
