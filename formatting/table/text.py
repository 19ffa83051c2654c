"""A table as text: laid out by tabulate, in fences for Slack or bare for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from formatting.slack import limits
from formatting.slack.blocks import Block, section
from formatting.slack.text import count, cut, escape, fence_safe
from formatting.table.model import Cell, Column, Table
from formatting.table.width import Packer, display_width

_GAP = 2
# What a date element's fallback and its format add to a cell.
_DATE = 32
# What rows may take of a message's characters: headings, footers, selects and failures need the rest.
_ROWS_TEXT = 8_000


def shown_text(cell: Cell, column: Column) -> str:
    """Return a cell's text as it is shown: cut to the column's width."""
    return cut(cell.text, column.width)


def layout(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[str]:
    """Return the header with its rule, then a line a row; nothing when there are no rows."""
    if not rows:
        return []
    packer = Packer()
    laid = tabulate(
        [
            [packer.pack(shown_text(cell, column)) for cell, column in zip(row, columns, strict=True)]
            for row in rows
        ],
        headers=[column.title for column in columns],
        tablefmt="simple",
        disable_numparse=True,
        colalign=[column.align.value for column in columns],
    )
    head, rule, *lines = (line.rstrip() for line in packer.unpack(laid).split("\n"))
    return [f"{head}\n{rule}", *lines]


def text(table: Table, limit: int | None = None) -> str:
    """Return the rows as tabulate lays them out, not escaped; the table's words when it has none.

    With a limit (characters, counted after escaping) all that fits a message is shown, cut at a row's
    border, and a last line says how many rows are missing; without one, every row.
    """
    parts = layout(table.columns, table.shown if limit else table.rows)
    if not parts:
        return table.nothing
    return within(parts, limit, hidden=table.overflow) if limit else "\n".join(parts)


def within(parts: Sequence[str], limit: int, *, hidden: int = 0) -> str:
    """As many laid-out rows as fit the limit, and a line that counts the missing ones."""
    room = limit - len(_missing(len(parts) + hidden))
    kept: list[str] = []
    for part in parts:
        room -= len(escape(part)) + 1
        if room < 0:
            break
        kept.append(part)
    missing = len(parts) - max(len(kept), 1) + hidden
    return "\n".join([*kept, _missing(missing)] if missing else kept)


def _missing(rows: int) -> str:
    return f"... and {count(rows, 'more row')}."


def fences(table: Table) -> list[Block]:
    """Return the rows that fit a message in fences, each section cut at a row's border; the words when none."""
    parts = [escape(fence_safe(part)) for part in layout(table.columns, table.shown)]
    if not parts:
        return [section(escape(table.nothing))] if table.nothing else []
    return fenced(parts)


def fenced(pieces: Sequence[str]) -> list[Block]:
    """Texts, escaped and fit for a fence, as sections with a fence each, as many texts in one as fit."""
    made: list[Block] = []
    held = ""
    for piece in pieces:
        if held and len(held) + 1 + len(piece) > limits.FENCE_TEXT:
            made.append(section(f"```\n{held}\n```"))
            held = ""
        held = f"{held}\n{piece}" if held else piece
    return [*made, section(f"```\n{held}\n```")] if held else made


def fitting(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> int:
    """How many rows, from the first, fit one message in both styles.

    That is Slack's count of rows, and ours of characters: of the cells, and of the lines laid out.
    """
    shown = [
        [shown_text(cell, column) for cell, column in zip(row, columns, strict=True)]
        for row in rows[: limits.TABLE_ROWS - 1]
    ]
    line = sum(_width(column, [row[index] for row in shown]) + _GAP for index, column in enumerate(columns))
    native = laid_out = _ROWS_TEXT - 2 * line
    for index, row in enumerate(shown):
        escaped = sum(len(escape(text)) for text in row)
        native -= escaped + sum(_DATE for cell in rows[index] if cell.at)
        laid_out -= line + escaped - sum(display_width(text) for text in row)
        if native < 0 or laid_out < 0:
            return index
    return len(shown)


def _width(column: Column, texts: Sequence[str]) -> int:
    """How many columns of the screen a column takes, its marks for direction included."""
    widest = max((display_width(text) for text in texts), default=0)
    return max(len(column.title), widest) + 2
