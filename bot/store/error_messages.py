"""Readable messages for store errors."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.store.priority_lock import LockTimeout

# SQLite's error texts (https://www.sqlite.org/rescode.html) and what to do about each.
MESSAGES: tuple[tuple[str, str], ...] = (
    (
        "database is locked",
        "The store {place} is busy: another process is writing to it. Try again in a moment.",
    ),
    (
        "database or disk is full",
        "The disk that holds the store {place} is full. Free some space, then try again.",
    ),
    ("readonly database", "The store {place} may not be written. Check who owns the file and its folder."),
    (
        "unable to open",
        "The store {place} cannot be opened. Check that its folder exists and may be written.",
    ),
    ("not a database", "The store {place} is damaged: it is not a SQLite file."),
    (
        "malformed",
        "The store {place} is damaged. Stop the bot, keep a copy of the file, and restore a backup.",
    ),
    (
        "disk i/o error",
        "The store {place} cannot be read or written: its disk is full or failing. Check it, then try again.",
    ),
    ("no such table", "The store {place} does not belong to this bot: tables are missing."),
)


def describe(error: Exception, place: Path | str) -> str:
    """Return one sentence: what is wrong with the store at `place`, and what to do."""
    if isinstance(error, PoolTimeout | LockTimeout):
        return f"The store {place} is busy: too much is being written. Try again in a moment."
    words = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    for sign, sentence in MESSAGES:
        if sign in words.lower():
            return sentence.format(place=place)
    return f"The store {place} cannot be used: {words.splitlines()[0] if words else type(error).__name__}"
