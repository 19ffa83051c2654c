"""A table before it has a look: the same for Slack's table block, for fences and for the terminal."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.models.scan import Section
from formatting.times import aware


class Align(StrEnum):
    """On which side a column's texts stand."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, its side, and how many characters of a cell are shown."""

    title: str
    align: Align = Align.LEFT
    width: int = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: text in one line, not escaped, never empty; where it leads; the moment that it speaks of.

    `whole` is what a file holds, where the text is only its gist.
    """

    text: str
    url: str = ""
    at: datetime | None = None
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """What a person may do with a row: `verb` is "why" or "cancel"; `label` names the row."""

    verb: str
    section: Section
    region: str
    row_id: str
    label: str


@dataclass(frozen=True, slots=True)
class Table:
    """One of the six tables.

    `heading` is a line with counts and `nothing` the words that stand for no rows; both are plain text.
    `rows` are all rows; the first `shown` fit a message and `overflow` counts the rest, which belong
    into a file (`to_csv`). `footers` are sentences on what could not be asked.
    """

    section: Section
    heading: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    footers: tuple[str, ...] = ()
    nothing: str = ""
    overflow: int = 0
    acts: tuple[Act, ...] = ()

    @property
    def shown(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows that fit a message."""
        return self.rows[: len(self.rows) - self.overflow]


def to_csv(table: Table) -> str:
    """Return the whole table as comma-separated values with a header line, uncut, moments as ISO 8601 in UTC."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*(column.title for column in table.columns), "Link"])
    for row in table.rows:
        link = next((cell.url for cell in row if cell.url), "")
        writer.writerow([*(_value(cell) for cell in row), link])
    return out.getvalue()


def _value(cell: Cell) -> str:
    if cell.at is not None:
        return aware(cell.at).isoformat(timespec="seconds")
    # A spreadsheet would run a cell that begins so as a formula.
    text = cell.whole or cell.text
    live = text.startswith(("=", "+", "@")) or (text.startswith("-") and text != "-")
    return f"'{text}" if live else text
