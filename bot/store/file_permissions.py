"""Restricts the store's files to the bot's user: they hold names, log texts and who launched what."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# SQLite's companion files, created with the permissions of the main file: https://www.sqlite.org/tempfiles.html
COMPANIONS = ("", "-wal", "-shm", "-journal")


def make_private(file: Path) -> None:
    """Create a SQLite file readable only by its owner, or restrict an existing one.

    Its companion files are restricted too. Raise OSError when the file cannot be created.
    """
    # An existing file is not opened: closing it would release this process's locks on it
    # (https://www.sqlite.org/howtocorrupt.html, 2.2).
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
    for suffix in COMPANIONS:
        restrict(Path(f"{file}{suffix}"))


def restrict(path: Path) -> None:
    """Remove group and other permissions from a file; log a warning when that is not permitted."""
    try:
        mode = path.stat().st_mode
        if mode & _OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    except FileNotFoundError:
        return
    except PermissionError:
        import structlog  # noqa: PLC0415 - slow to import and rarely needed

        structlog.get_logger("store").warning(
            "other users of this machine can read the store, and its permissions cannot be changed",
            file=str(path),
            mode=stat.filemode(mode),
            advice=f"Let its owner type: chmod 600 {path}",
        )
