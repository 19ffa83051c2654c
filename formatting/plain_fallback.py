"""Fallback form of a message for workspaces that refuse a block type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from formatting.failure.log_excerpt import MARK, fit_around
from formatting.message import Message
from formatting.slack import limits
from formatting.slack.blocks import Block, characters, context, section
from formatting.slack.text import escape, escape_within, fence, fence_safe
from formatting.table.model import Cell, Column
from formatting.table.text import layout, within

# Characters of a refused container's log that are shown; the Full log button has the rest.
_EXCERPT = 900
_FENCE_START = "```\n"


def plain(message: Message, refused: frozenset[str]) -> Message:
    """Return the message with the refused block types, such as "container", replaced by sections.

    A container becomes its title, the lines around its marked line, and its buttons. A table becomes whole
    rows in a code fence. Any other block becomes its visible text. Shortened content is marked as such.
    """
    others = [block for block in message.blocks if block["type"] != "table"]
    room = limits.ALL_BLOCKS_TEXT - characters([_plain_block(block, refused, 0) for block in others])
    blocks = [new for block in message.blocks for new in _plain_block(block, refused, room)]
    return replace(message, blocks=tuple(blocks[: limits.MESSAGE_BLOCKS]))


def _plain_block(block: Block, refused: frozenset[str], room: int) -> list[Block]:
    kind = block["type"]
    if kind not in refused or kind in ("section", "context", "actions", "divider"):
        return [block]
    if kind == "container":
        return _container(block, refused)
    return (
        _table(block, min(room - 2 * len(_FENCE_START), limits.FENCE_TEXT))
        if kind == "table"
        else _visible(block)
    )


def _container(block: Block, refused: frozenset[str]) -> list[Block]:
    children = block["child_blocks"]
    lines = [line for child in children if _is_fence(child) for line in _fence_content(child).split("\n")]
    root = next((index for index, line in enumerate(lines) if line.startswith(MARK)), 0)
    start, stop = fit_around([len(line) + 1 for line in lines], root, _EXCERPT)
    blocks = [section(f"*{escape_within(block['title']['text'], limits.CONTAINER_TITLE)}*")]
    if lines:
        blocks.append(section("```\n" + "\n".join(lines[start:stop]) + "\n```"))
    if stop - start < len(lines):
        blocks.append(context("Shortened here; the full log has the rest."))
    return [
        *blocks,
        *(new for child in children if not _is_fence(child) for new in _plain_block(child, refused, 0)),
    ]


def _is_fence(child: Block) -> bool:
    return child["type"] == "section" and str(child["text"]["text"]).startswith(_FENCE_START)


def _fence_content(child: Block) -> str:
    """Return the content of a fence, which is escaped already."""
    return str(child["text"]["text"]).removeprefix(_FENCE_START).removesuffix("\n```")


def _table(block: Block, room: int) -> list[Block]:
    texts = [[_cell_text(cell) for cell in row] for row in block["rows"]]
    head, *body = texts
    columns = [Column(title, width=200) for title in head]
    parts = [fence_safe(part) for part in layout(columns, [[Cell(text) for text in row] for row in body])]
    return [section(f"```\n{escape(within(parts, room))}\n```")] if parts else []


def _visible(block: Block) -> list[Block]:
    text = " ".join(_texts(block)).strip()
    if not text:
        return []
    return [section(fence(text) if "\n" in text else escape_within(text, limits.SECTION_TEXT))]


def _cell_text(cell: Block) -> str:
    return " ".join(_texts(cell)).strip() or "-"


def _texts(value: object) -> Iterator[str]:
    """Yield all visible texts in a block, in order."""
    if isinstance(value, dict):
        text = value.get("text", value.get("fallback", value.get("title")))
        if isinstance(text, str):
            yield text
            return
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _texts(item)
