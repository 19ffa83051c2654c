"""Renders a table as text with tabulate, for a terminal or in code fences for Slack."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from formatting.slack import limits
from formatting.slack.blocks import Block, section
from formatting.slack.text import count, cut, escape, fence_safe
from formatting.table.model import Cell, Column, Table
from formatting.table.width import Packer, display_width

_GAP = 2
# Characters that a date element's fallback and format add to a cell.
_DATE = 32
# Characters of a message for rows; headings, footers, selects and failures need the rest.
_ROWS_TEXT = 8_000


def shown_text(cell: Cell, column: Column) -> str:
    """Return a cell's text, cut to the column's width."""
    return cut(cell.text, column.width)


def layout(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[str]:
    """Return the header with its rule, then one line for each row; empty when there are no rows."""
    if not rows:
        return []
    packer = Packer()
    layout_text = tabulate(
        [
            [packer.pack(shown_text(cell, column)) for cell, column in zip(row, columns, strict=True)]
            for row in rows
        ],
        headers=[column.title for column in columns],
        tablefmt="simple",
        disable_numparse=True,
        colalign=[column.align.value for column in columns],
    )
    head, rule, *lines = (line.rstrip() for line in packer.unpack(layout_text).split("\n"))
    return [f"{head}\n{rule}", *lines]


def text(table: Table, limit: int | None = None) -> str:
    """Return the rows as layout_text out by tabulate, not escaped, or the text for an empty table.

    With a limit (characters after escaping) only whole rows that fit are included, and a last line
    counts the missing ones. Without a limit all rows are included.
    """
    parts = layout(table.columns, table.shown if limit else table.rows)
    if not parts:
        return table.empty_text
    return within(parts, limit, hidden=table.overflow) if limit else "\n".join(parts)


def within(parts: Sequence[str], limit: int, *, hidden: int = 0) -> str:
    """Return as many layout_text-out rows as fit the limit, and a line that counts the missing ones."""
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
    """Return the rows that fit in a message as code fences, or the text for an empty table."""
    parts = [escape(fence_safe(part)) for part in layout(table.columns, table.shown)]
    if not parts:
        return [section(escape(table.empty_text))] if table.empty_text else []
    return fenced(parts)


def fenced(texts: Sequence[str]) -> list[Block]:
    """Return sections with a code fence each, which holds as many texts as fit. Texts must be escaped."""
    sections: list[Block] = []
    fence_text = ""
    for line in texts:
        if fence_text and len(fence_text) + 1 + len(line) > limits.FENCE_TEXT:
            sections.append(section(f"```\n{fence_text}\n```"))
            fence_text = ""
        fence_text = f"{fence_text}\n{line}" if fence_text else line
    return [*sections, section(f"```\n{fence_text}\n```")] if fence_text else sections


def fitting(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> int:
    """Return how many of the first rows fit in one message in both styles.

    This respects Slack's limit of rows, and the character limit both for table cells and for text lines.
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
    """Return the display width of a column, including direction marks."""
    widest = max((display_width(text) for text in texts), default=0)
    return max(len(column.title), widest) + 2
