"""Checks the integrity of the store's file, and copies a damaged one before anybody repairs it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot.models.errors import StoreError
from bot.store.error_messages import describe
from bot.store.file_permissions import OWNER_ONLY, make_private

RETRY_SECONDS = 0.02


class UnusableStore(StoreError):  # noqa: N818 - a state of the store, not an error of ours
    """The store is damaged, or this version of the bot must not write to it."""


def check_file(file: Path, *, busy_seconds: float) -> None:
    """Check the pages of a store (or create an empty file) and enable WAL mode for concurrent readers.

    Blocking: call it in a thread. Raise UnusableStore for a damaged file, StoreError when it cannot be used.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        make_private(file)
        with closing(sqlite3.connect(file, timeout=busy_seconds)) as connection:
            verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            if verdict == "ok":
                _use_wal(connection, busy_seconds)
                return
    except sqlite3.DatabaseError as error:
        # OperationalError covers busy, full and similar states; any other error means damage.
        kind = StoreError if isinstance(error, sqlite3.OperationalError) else UnusableStore
        raise kind(describe(error, file)) from error
    except OSError as error:
        raise StoreError(describe(error, file)) from error
    raise UnusableStore(f"The store {file} is damaged: {' '.join(verdict.split())}.")


def keep_copy(file: Path | None) -> str:
    """Copy a file next to itself, once per modification time; return a sentence that names the copy."""
    if file is None:
        return "Nothing was changed."
    try:
        written = datetime.fromtimestamp(file.stat().st_mtime, tz=UTC)
        copy = file.with_name(f"{file.name}.kept-{written:%Y%m%dT%H%M%S}")
        if not copy.exists():
            _copy(file, copy)
    except OSError as error:
        return f"Nothing was changed. It could not be copied: {error.strerror}."
    return f"Nothing was changed; a copy is in {copy}. To begin anew, move {file} away."


def _use_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    # SQLite does not wait when another process changes the mode at the same time, so this function retries.
    give_up = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= give_up:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


def _copy(file: Path, copy: Path) -> None:
    for suffix in ("", "-wal"):  # the WAL file may hold the latest writes
        source = Path(f"{file}{suffix}")
        if source.exists():
            target = f"{copy}{suffix}"
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT, OWNER_ONLY))
            shutil.copyfile(source, target)
