"""The store's files are for the bot's own user: they hold names, texts of logs and who launched what."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# What SQLite keeps beside its file, made with the file's own rights: https://www.sqlite.org/tempfiles.html
COMPANIONS = ("", "-wal", "-shm", "-journal")


def make_private(file: Path) -> None:
    """Make a SQLite file, if there is none, that only its owner may open, and narrow what there is.

    Its companions are narrowed too. Raise OSError when the file cannot be made.
    """
    # Never by opening one that is there: closing it would end this process's locks on it
    # (https://www.sqlite.org/howtocorrupt.html, 2.2).
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
    for suffix in COMPANIONS:
        narrow(Path(f"{file}{suffix}"))


def narrow(path: Path) -> None:
    """Take the rights of the group and of others from a file; log a warning when that is not allowed."""
    try:
        mode = path.stat().st_mode
        if mode & _OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    except FileNotFoundError:
        return
    except PermissionError:
        import structlog  # noqa: PLC0415 - slow to load, and seldom needed

        structlog.get_logger("store").warning(
            "other users of this machine may open the store, and its rights cannot be changed",
            file=str(path),
            mode=stat.filemode(mode),
            advice=f"Let its owner type: chmod 600 {path}",
        )
