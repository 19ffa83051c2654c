"""Creates or migrates the tables; refuses (and copies) any other database."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models.errors import StoreError
from bot.store.engine import Database
from bot.store.integrity import UnusableStore, check_file, keep_copy
from bot.store.schema import HEAD

MIGRATIONS = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 7_369_369  # any number that nothing else in the database uses
VERSION_TABLE = "alembic_version"  # alembic's default


async def prepare(database: Database) -> None:
    """Check the store and migrate its tables to the latest version.

    Raise StoreError when it is damaged, newer than this bot, or not ours: its file is copied, never changed.
    """
    file = database.address.file
    try:
        if file is not None:
            await asyncio.to_thread(check_file, file, busy_seconds=database.busy_seconds)
        async with database.write() as connection:
            await _upgrade(connection, database.address.name)
    except UnusableStore as error:
        raise StoreError(f"{error} {await asyncio.to_thread(keep_copy, file)}") from error


async def _upgrade(connection: AsyncConnection, name: str) -> None:
    if connection.dialect.name == "postgresql":
        # Two processes may start at once: the second waits, and then finds the tables up to date.
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))
    version = await connection.run_sync(_version)
    if version == HEAD:
        return
    if version is not None and version not in _known_revisions():
        raise UnusableStore(
            f"The store {name} has version {version}, which this bot does not know (it knows {HEAD}). "
            "Start the version of the bot that wrote it."
        )
    if version is None and await connection.run_sync(_has_unknown_tables):
        raise UnusableStore(f"The store {name} holds tables that are not this bot's.")
    await connection.run_sync(migrate)


def migrate(connection: Connection) -> None:
    """Apply the missing migrations within the connection's transaction."""
    from alembic import command  # noqa: PLC0415 - slow, and seldom needed
    from alembic.config import Config  # noqa: PLC0415 - the same

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant
    return found.scalar_one_or_none()


def _has_unknown_tables(connection: Connection) -> bool:
    return bool(set(inspect(connection).get_table_names()) - {VERSION_TABLE})


def _known_revisions() -> set[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - slow, and seldom needed

    return {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
