"""Whether the store's file can be trusted; if not, a copy of it, before anybody tries to mend it."""

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


class Unfit(StoreError):  # noqa: N818 - a state of the store, not an error of ours
    """The store is damaged, or none that this version of the bot may write to."""


def check_file(file: Path, *, busy_seconds: float) -> None:
    """Check a store's pages (or makes an empty file) and lets readers and a writer work side by side.

    Blocks: call it in a thread. Raise Unfit when the file is damaged, StoreError when it cannot be used.
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
        # Busy, full and the like are a subclass of their own: only the rest is damage.
        kind = StoreError if isinstance(error, sqlite3.OperationalError) else Unfit
        raise kind(describe(error, file)) from error
    except OSError as error:
        raise StoreError(describe(error, file)) from error
    raise Unfit(f"The store {file} is damaged: {' '.join(verdict.split())}.")


def keep_copy(file: Path | None) -> str:
    """Return copies a file beside itself, once for each state of it; returns the sentence that says so."""
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
    # The change of mode does not wait when another process makes it at the same moment: so we do.
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
    for suffix in ("", "-wal"):  # the newest writes may live in the second
        source = Path(f"{file}{suffix}")
        if source.exists():
            target = f"{copy}{suffix}"
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT, OWNER_ONLY))
            shutil.copyfile(source, target)
