"""A table as Slack's table block, and the message that holds it in either style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from formatting import times
from formatting.message import Message
from formatting.slack import limits
from formatting.slack.action_ids import MONITOR_ACT, join_ids
from formatting.slack.blocks import Block, actions, context, plain_text, section
from formatting.slack.text import count, escape, fence_safe, prose
from formatting.table.model import Act, Cell, Column, Table
from formatting.table.text import fences, shown_text, text

# What footers and options may take of a message's characters; rows come first.
_FOOTERS = 1_200
_FOOTER = 700
_OPTIONS = 2_000
_OPTION = 45


class Style(StrEnum):
    """How tables look in Slack; the values are those of the settings' `slack.tables`."""

    NATIVE = "native"
    TEXT = "text"


def native(table: Table) -> list[Block]:
    """Return the shown rows as a table block, or the table's words when it has none.

    At most 100 rows with the header and 9,000 characters, no empty cell:
    https://docs.slack.dev/reference/block-kit/blocks/table-block
    """
    if not table.shown:
        return [section(escape(table.nothing))] if table.nothing else []
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
    """Return a table as a message: heading, rows, footers, and what can be done with the rows.

    `text` holds the rows as tabulate lays them out, cut at 3,500 characters at a row's border, so that
    the message says the same wherever blocks are not shown.
    """
    shape = native(table) if style is Style.NATIVE else fences(table)
    blocks = [section(f"*{escape(table.heading)}*"), *shape, *_notes(table), *_acts(table.acts)]
    return Message(text=_as_text(table), blocks=tuple(blocks))


def _notes(table: Table) -> list[Block]:
    notes = [f"{count(table.overflow, 'more row')} in the file below."] if table.overflow else []
    room = _FOOTERS
    for place, footer in enumerate(table.footers):
        said = prose(footer, _FOOTER)
        room -= len(said)
        if room < 0 or len(notes) == limits.CONTEXT_ELEMENTS - 1:
            left = len(table.footers) - place
            notes.append(f"And {count(left, 'more reason')} why rows may be missing.")
            break
        notes.append(said)
    return [context(*notes)] if notes else []


def _as_text(table: Table) -> str:
    rows = text(table, limits.TABLE_IN_TEXT - 2 * len("```\n"))
    shape = f"```\n{escape(fence_safe(rows))}\n```" if table.rows else escape(rows)
    said = "\n".join(part for part in (escape(table.heading), shape) if part)
    room = limits.MESSAGE_TEXT - len(said)
    for footer in table.footers:
        line = f"\n{prose(footer, _FOOTER)}"
        room -= len(line)
        if room < 0:
            break
        said += line
    return said


def _acts(acts: Sequence[Act]) -> list[Block]:
    options = list(_options(acts))[: limits.SELECT_OPTIONS]
    if not options:
        return []
    select: Block = {
        "type": "static_select",
        "action_id": MONITOR_ACT,
        "placeholder": plain_text("Act on...", limits.OPTION_TEXT),
        "options": options,
    }
    return actions([select])


def _options(acts: Sequence[Act]) -> Iterator[Block]:
    """One option an act, as many as have room; an act whose ids are too long for Slack has none."""
    seen: set[str] = set()
    room = _OPTIONS
    for act in acts:
        word = {"why": "Why?", "cancel": "Cancel"}[act.verb]
        value = join_ids(act.verb, act.section.value, act.region, act.row_id)
        text = plain_text(f"{word} {act.label}", _OPTION)
        room -= len(text["text"])
        if room >= 0 and value not in seen and len(value) <= limits.OPTION_VALUE:
            seen.add(value)
            yield {"text": text, "value": value}
