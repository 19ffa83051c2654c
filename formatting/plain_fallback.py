"""The plain form of a message, for a workspace that refuses a block type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from formatting.failure.log_excerpt import MARK, nearest
from formatting.message import Message
from formatting.slack import limits
from formatting.slack.blocks import Block, characters, context, section
from formatting.slack.text import escape, escape_within, fence, fence_safe
from formatting.table.model import Cell, Column
from formatting.table.text import layout, within

# How much of a refused container's log is left in plain sight; the rest is a button away.
_SNIPPET = 900
_OPEN = "```\n"


def plain(message: Message, refused: frozenset[str]) -> Message:
    """Return the message without the refused block types (as "container", "table"), each replaced by sections.

    A container becomes its title and the beginning of its content, its buttons stay; a table becomes rows
    in a fence, cut at a row's border; anything else becomes its visible text. What is shortened says so.
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
        _table(block, min(room - 2 * len(_OPEN), limits.FENCE_TEXT)) if kind == "table" else _visible(block)
    )


def _container(block: Block, refused: frozenset[str]) -> list[Block]:
    children = block["child_blocks"]
    lines = [line for child in children if _is_fence(child) for line in _inside(child).split("\n")]
    root = next((index for index, line in enumerate(lines) if line.startswith(MARK)), 0)
    start, stop = nearest([len(line) + 1 for line in lines], root, _SNIPPET)
    made = [section(f"*{escape_within(block['title']['text'], limits.CONTAINER_TITLE)}*")]
    if lines:
        made.append(section("```\n" + "\n".join(lines[start:stop]) + "\n```"))
    if stop - start < len(lines):
        made.append(context("Shortened here; the full log has the rest."))
    return [
        *made,
        *(new for child in children if not _is_fence(child) for new in _plain_block(child, refused, 0)),
    ]


def _is_fence(child: Block) -> bool:
    return child["type"] == "section" and str(child["text"]["text"]).startswith(_OPEN)


def _inside(child: Block) -> str:
    """Return what stands in a fence; it is escaped already."""
    return str(child["text"]["text"]).removeprefix(_OPEN).removesuffix("\n```")


def _table(block: Block, room: int) -> list[Block]:
    texts = [[_seen(cell) for cell in row] for row in block["rows"]]
    head, *body = texts
    columns = [Column(title, width=200) for title in head]
    parts = [fence_safe(part) for part in layout(columns, [[Cell(text) for text in row] for row in body])]
    return [section(f"```\n{escape(within(parts, room))}\n```")] if parts else []


def _visible(block: Block) -> list[Block]:
    seen = " ".join(_texts(block)).strip()
    if not seen:
        return []
    return [section(fence(seen) if "\n" in seen else escape_within(seen, limits.SECTION_TEXT))]


def _seen(cell: Block) -> str:
    return " ".join(_texts(cell)).strip() or "-"


def _texts(value: object) -> Iterator[str]:
    """The visible texts anywhere inside, in order."""
    if isinstance(value, dict):
        said = value.get("text", value.get("fallback", value.get("title")))
        if isinstance(said, str):
            yield said
            return
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _texts(item)
