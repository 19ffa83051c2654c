"""Parses the store's URL from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.models.errors import StoreError

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """The driver's URL; `file` is SQLite's file, None for a server. `name` contains no password."""

    url: URL
    file: Path | None
    name: str


def parse_address(url: str) -> StoreAddress:
    """Parse a URL such as sqlite:///var/launch-control.db; raise StoreError for any other kind."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.drivername not in DRIVERS or not parsed.database:
        raise StoreError(
            "The store's url must begin with sqlite:/// and a file, or with postgresql://. "
            "Example: sqlite:///var/launch-control.db"
        )
    parsed = parsed.set(drivername=DRIVERS[parsed.drivername])
    if parsed.get_backend_name() != "sqlite":
        return StoreAddress(url=parsed, file=None, name=f"{parsed.host or 'localhost'}/{parsed.database}")
    file = Path(parsed.database or "").expanduser().resolve()
    return StoreAddress(url=parsed.set(database=str(file)), file=file, name=str(file))
