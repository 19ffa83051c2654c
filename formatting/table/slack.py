"""Renders a table as a Slack message, with a table block or as code fences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from formatting import times
from formatting.message import Message
from formatting.slack import limits
from formatting.slack.action_ids import MONITOR_ACT, join_ids
from formatting.slack.blocks import Block, actions, context, plain_text, section
from formatting.slack.text import count, escape, fence_safe, prose
from formatting.table.model import Cell, Column, RowAction, Table
from formatting.table.text import fences, shown_text, text

# Character limits for all footers, one footer, all options and one option.
_FOOTERS = 1_200
_FOOTER = 700
_OPTIONS = 2_000
_OPTION = 45


class Style(StrEnum):
    """How tables are rendered in Slack; the values of the setting `slack.tables`."""

    NATIVE = "native"
    TEXT = "text"


def native(table: Table) -> list[Block]:
    """Return the shown rows as a table block, or the text for an empty table.

    Slack allows at most 100 rows with the header, and no empty cell:
    https://docs.slack.dev/reference/block-kit/blocks/table-block
    """
    if not table.shown:
        return [section(escape(table.empty_text))] if table.empty_text else []
    head = [{"type": "raw_text", "text": column.title} for column in table.columns]
    body = [
        [_cell(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.shown
    ]
    settings = [{"align": column.align.value} for column in table.columns]
    return [{"type": "table", "rows": [head, *body], "column_settings": settings}]


def _cell(cell: Cell, column: Column) -> Block:
    shown = shown_text(cell, column)
    if cell.at is not None:
        return _rich(times.date_element(cell.at))
    if cell.url:
        return _rich({"type": "link", "url": cell.url, "text": shown})
    return {"type": "raw_text", "text": shown}


def _rich(element: Block) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


def table_message(table: Table, style: Style) -> Message:
    """Return a table as a message: heading, rows, footers and row actions.

    `text` has the rows as laid out by tabulate, at most 3,500 characters in whole rows, for clients that
    do not show blocks.
    """
    body = native(table) if style is Style.NATIVE else fences(table)
    blocks = [
        section(f"*{escape(table.heading)}*"),
        *body,
        *_footer_block(table),
        *_row_actions(table.row_actions),
    ]
    return Message(text=_as_text(table), blocks=tuple(blocks))


def _footer_block(table: Table) -> list[Block]:
    notes = [f"{count(table.overflow, 'more row')} in the file below."] if table.overflow else []
    room = _FOOTERS
    for index, footer in enumerate(table.footers):
        shown = prose(footer, _FOOTER)
        room -= len(shown)
        if room < 0 or len(notes) == limits.CONTEXT_ELEMENTS - 1:
            not_shown = len(table.footers) - index
            notes.append(f"And {count(not_shown, 'more reason')} why rows may be missing.")
            break
        notes.append(shown)
    return [context(*notes)] if notes else []


def _as_text(table: Table) -> str:
    rows = text(table, limits.TABLE_IN_TEXT - 2 * len("```\n"))
    body = f"```\n{escape(fence_safe(rows))}\n```" if table.rows else escape(rows)
    result = "\n".join(part for part in (escape(table.heading), body) if part)
    room = limits.MESSAGE_TEXT - len(result)
    for footer in table.footers:
        line = f"\n{prose(footer, _FOOTER)}"
        room -= len(line)
        if room < 0:
            break
        result += line
    return result


def _row_actions(row_actions: Sequence[RowAction]) -> list[Block]:
    options = list(_options(row_actions))[: limits.SELECT_OPTIONS]
    if not options:
        return []
    select: Block = {
        "type": "static_select",
        "action_id": MONITOR_ACT,
        "placeholder": plain_text("Act on...", limits.OPTION_TEXT),
        "options": options,
    }
    return actions([select])


def _options(row_actions: Sequence[RowAction]) -> Iterator[Block]:
    """Yield one option for each action, as many as fit. Actions with too long ids are skipped."""
    seen: set[str] = set()
    room = _OPTIONS
    for action in row_actions:
        label = {"why": "Why?", "cancel": "Cancel"}[action.verb]
        value = join_ids(action.verb, action.section.value, action.region, action.row_id)
        text = plain_text(f"{label} {action.label}", _OPTION)
        room -= len(text["text"])
        if room >= 0 and value not in seen and len(value) <= limits.OPTION_VALUE:
            seen.add(value)
            yield {"text": text, "value": value}
