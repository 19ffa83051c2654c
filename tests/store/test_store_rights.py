"""Whose the store's files are: real files, under the umask that most machines have."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_samples import make_launch
from structlog.testing import capture_logs

from bot.models.errors import StoreError
from bot.runtime.clock import SystemClock
from bot.store import open_store, take_lock


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(folder: Path) -> dict[str, str]:
    return {path.name: stat.filemode(path.stat().st_mode) for path in folder.iterdir()}


def widen(folder: Path) -> None:
    for path in folder.iterdir():
        path.chmod(0o664)


async def test_only_the_owner_may_open_a_new_store(url: str, tmp_path: Path) -> None:
    """It holds who launched what and quotes of logs: another user of the machine may not read it."""
    with take_lock(url):
        store = await open_store(url, SystemClock())
        await store.launches.add(make_launch(), dedup_window=10)
        seen = rights(tmp_path)
        await store.close()

    assert {"store.db", "store.db-wal", "store.db-shm", "store.db.lock"} == set(seen)
    assert {"-rw-------"} == set(seen.values())


async def test_what_an_older_bot_left_open_is_narrowed(url: str, tmp_path: Path) -> None:
    """Stores were made with the rights that the umask left; they and what lies beside them are narrowed."""
    await (await open_store(url, SystemClock())).close()
    reader = sqlite3.connect(tmp_path / "store.db")  # keeps -wal and -shm there
    reader.execute("SELECT count(*) FROM alembic_version").fetchone()
    (tmp_path / "store.db.lock").touch()
    widen(tmp_path)

    with take_lock(url):
        store = await open_store(url, SystemClock())
        await store.launches.add(make_launch(), dedup_window=10)
        seen = rights(tmp_path)
        await store.close()
    reader.close()

    assert len(seen) == 4
    assert {"-rw-------"} == set(seen.values())


async def test_the_copy_of_a_damaged_store_is_its_owners_too(url: str, tmp_path: Path) -> None:
    """A copy is as telling as the store."""
    (tmp_path / "store.db").write_bytes(b"no database" * 1000)

    with pytest.raises(StoreError):
        await open_store(url, SystemClock())

    assert len(rights(tmp_path)) == 2
    assert {"-rw-------"} == set(rights(tmp_path).values())


async def test_rights_that_cannot_be_changed_are_reported(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file may be another user's: the bot works, and says what is open and how to close it."""
    await (await open_store(url, SystemClock())).close()
    file = tmp_path / "store.db"
    file.chmod(0o644)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    # As the system answers when the file is another user's, which needs a second user to make.
    monkeypatch.setattr(os, "chmod", refuse)
    with capture_logs() as said:
        await (await open_store(url, SystemClock())).close()

    (warning,) = [event for event in said if event["log_level"] == "warning"]
    assert (str(file), "-rw-r--r--") == (warning["file"], warning["mode"])
    assert f"chmod 600 {file}" in warning["advice"]
