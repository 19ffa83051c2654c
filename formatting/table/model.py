"""The table model, rendered as a Slack table block, as code fences or for a terminal."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.models.scan import Section
from formatting.times import aware


class Align(StrEnum):
    """Alignment of a column."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, its alignment, and the maximum number of characters shown of a cell."""

    title: str
    align: Align = Align.LEFT
    width: int = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text (one line, not escaped, never empty), its link, and its time.

    `whole` is the full value for the CSV file if `text` is shortened.
    """

    text: str
    url: str = ""
    at: datetime | None = None
    whole: str = ""


@dataclass(frozen=True, slots=True)
class RowAction:
    """An action on a row: `verb` is "why" or "cancel"; `label` names the row."""

    verb: str
    section: Section
    region: str
    row_id: str
    label: str


@dataclass(frozen=True, slots=True)
class Table:
    """One of the six tables.

    `heading` is a line with counts, and `empty_text` is shown if there are no rows; both are plain text.
    `rows` are all rows. `shown` are those that fit in a message, and `overflow` counts the rest, which go
    into a file (`to_csv`). `footers` are sentences on why rows are missing.
    """

    section: Section
    heading: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    footers: tuple[str, ...] = ()
    empty_text: str = ""
    overflow: int = 0
    row_actions: tuple[RowAction, ...] = ()

    @property
    def shown(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows that fit in a message."""
        return self.rows[: len(self.rows) - self.overflow]


def to_csv(table: Table) -> str:
    """Return the whole table as CSV with a header line. Values are not cut; times are ISO 8601 in UTC."""
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
    # A spreadsheet would run such a cell as a formula.
    text = cell.whole or cell.text
    is_formula = text.startswith(("=", "+", "@")) or (text.startswith("-") and text != "-")
    return f"'{text}" if is_formula else text
