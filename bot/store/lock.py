"""A lock file: only one process at a time works on the launches of a SQLite store."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.models.errors import StoreError
from bot.store.error_messages import describe
from bot.store.file_permissions import OWNER_ONLY, restrict
from bot.store.url import parse_address


class AlreadyServed(StoreError):  # noqa: N818 - a state of the store, not an error of ours
    """Another process holds the lock; the message names it."""


class StoreLock:
    """The exclusive lock on a store's launches, held until `release` or until the process ends."""

    def __init__(self, handle: int | None) -> None:
        self._handle = handle

    def release(self) -> None:
        """Release the lock; a second call has no effect."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def take_lock(url: str) -> StoreLock:
    """Acquire the lock of a store; raise AlreadyServed when another process holds it.

    Only a process that works on launches needs it; readers do not. Postgres needs no lock file.
    """
    address = parse_address(url)
    if address.file is None:
        return StoreLock(None)
    path = Path(f"{address.file}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
        restrict(path)
    except OSError as error:
        raise StoreError(describe(error, path)) from error
    if not _lock(handle):
        holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
        os.close(handle)
        who = f"process {holder}" if holder.isdigit() else "another process"
        raise AlreadyServed(f"The store {address.name} is served already, by {who}. Stop that one first.")
    os.ftruncate(handle, 0)
    os.pwrite(handle, str(os.getpid()).encode(), 0)
    return StoreLock(handle)


def _lock(handle: int) -> bool:
    import fcntl  # noqa: PLC0415 - POSIX only, and not needed for reading

    try:
        # The operating system releases a flock when the process ends, even when it is killed.
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
