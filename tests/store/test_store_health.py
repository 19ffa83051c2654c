from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from store_samples import make_launch

from bot.models.errors import StoreError
from bot.runtime.clock import SystemClock
from bot.store import Store, open_store
from bot.store.schema import HEAD, metadata
from bot.store.upgrade import MIGRATIONS, migrate


async def refusal(url: str) -> str:
    with pytest.raises(StoreError) as caught:
        await open_store(url, SystemClock())
    return str(caught.value)


def copies(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if ".kept-" in path.name and not path.name.endswith("-wal")
    )


def execute(file: Path, *statements: str) -> None:
    connection = sqlite3.connect(file)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


async def make_store(url: str) -> None:
    store = await open_store(url, SystemClock())
    await store.launches.add(make_launch(), dedup_window=10)
    await store.close()


async def test_a_file_that_is_no_store_is_copied_and_named(url: str, tmp_path: Path) -> None:
    """A damaged file is never emptied in silence: it stays, and so does a copy."""
    file = tmp_path / "store.db"
    file.write_bytes(b"this is not a database, but somebody's thesis" * 100)
    before = file.read_bytes()

    sentence = await refusal(url)

    (copy,) = copies(tmp_path)
    assert f"The store {file} is damaged" in sentence
    assert f"a copy is in {copy}" in sentence
    assert before == copy.read_bytes() == file.read_bytes()


async def test_a_store_with_a_broken_page_is_refused(url: str, tmp_path: Path) -> None:
    """Damage inside a file with an intact head is found at the start, not in the middle of a launch."""
    await make_store(url)
    file = tmp_path / "store.db"
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xab" * (len(content) - 4096)
    file.write_bytes(content)

    sentence = await refusal(url)

    assert "is damaged" in sentence
    assert bytes(content) == copies(tmp_path)[0].read_bytes()


async def test_a_bot_that_is_started_again_and_again_makes_one_copy(url: str, tmp_path: Path) -> None:
    """A supervisor restarts a bot that ends: copies of the same damage would fill the disk."""
    (tmp_path / "store.db").write_bytes(b"nonsense" * 1000)

    sentences = [await refusal(url) for _ in range(3)]

    assert len(copies(tmp_path)) == 1
    assert len(set(sentences)) == 1


@pytest.mark.parametrize("version", ["0002", "0000-draft"])
async def test_a_store_of_an_unknown_version_is_left_alone(url: str, tmp_path: Path, version: str) -> None:
    """After a step back to an older bot the newer tables must not be written to."""
    await make_store(url)
    execute(tmp_path / "store.db", f"update alembic_version set version_num = '{version}'")  # noqa: S608 - the test's own

    sentence = await refusal(url)

    assert f"has version {version}, which this bot does not know (it knows {HEAD})" in sentence
    assert len(copies(tmp_path)) == 1


async def test_somebody_elses_database_is_left_alone(url: str, tmp_path: Path) -> None:
    """A url that points at another program's file is a mistake, not an invitation."""
    execute(tmp_path / "store.db", "create table recipes (name text)")

    sentence = await refusal(url)

    assert "holds tables that are not this bot's" in sentence
    assert "recipes" in (tmp_path / "store.db").read_bytes().decode("latin-1")


async def test_a_store_survives_being_closed(url: str) -> None:
    """What was written is there after a restart."""
    await make_store(url)

    store = await open_store(url, SystemClock())
    found = await store.launches.get("abcd1234")
    await store.close()

    assert make_launch() == found


async def test_a_busy_store_is_a_sentence(store: Store, tmp_path: Path) -> None:
    """A write that has to wait for too long says so, and the next one works."""
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StoreError, match="is busy: another process is writing to it"):
        await store.launches.add(make_launch(), dedup_window=10)
    other.execute("rollback")
    other.close()

    assert (await store.launches.add(make_launch(), dedup_window=10)).fresh


async def test_a_reader_does_not_wait_for_a_writer(store: Store, tmp_path: Path) -> None:
    """The terminal's tables come while the bot writes."""
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("begin immediate")

    found = await store.launches.unfinished()

    other.execute("rollback")
    other.close()
    assert found == ()


async def test_a_full_store_is_a_sentence_and_costs_nothing(store: Store) -> None:
    """SQLite's own "full": the launch is refused, those that stand go on being saved and read."""
    first = (await store.launches.add(make_launch("first000", text="first"), dedup_window=10)).launch
    async with store._database.read() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 60")

    async def fill() -> None:
        for number in range(99):
            launch = make_launch(f"id{number:06}", text="x" * 5000 + str(number))
            await store.launches.add(launch, dedup_window=10)

    with pytest.raises(StoreError, match=r"The disk that holds the store .* is full"):
        await fill()

    assert (await store.launches.save(first)).version == 1


async def test_an_url_of_another_kind_is_explained() -> None:
    """The settings may hold anything: the sentence says what is allowed."""
    for url in ("mysql://host/db", "sqlite://", "nonsense"):
        assert "Example: sqlite:///var/launch-control.db" in await refusal(url)


def test_the_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    """A column added in one place only would fail at the first write of a new installation."""
    engine = create_engine(f"sqlite:///{tmp_path}/store.db")
    with engine.begin() as connection:
        migrate(connection)
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()

    assert differences == []


def test_the_newest_version_is_the_last_migration() -> None:
    """The constant that spares the migration tool at every start must follow the migrations."""
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD
