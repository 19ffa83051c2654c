"""Renders blocks as plain text, in the order in which Slack shows them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType

from bot.sandbox.slack.wire import Json

LINK = re.compile(r"<((?:https?|mailto):[^|>]+)(?:\|([^>]*))?>")
DATE = re.compile(r"<!date\^[^|>]*\|([^>]*)>")
RULE = "-" * 40
STATES = MappingProxyType({"pending": "[ ]", "in_progress": "[~]", "complete": "[x]", "error": "[!]"})


def blocks_text(blocks: list[Json]) -> str:
    """Return all blocks, one per line; mentions keep Slack's syntax."""
    return "\n".join(_block(block) for block in blocks)


def mrkdwn_text(text: str) -> str:
    """Return mrkdwn with links spelled out and entities unescaped; emphasis marks are kept."""
    text = DATE.sub(lambda match: match.group(1), text)
    text = LINK.sub(
        lambda match: f"{match.group(2)} ({match.group(1)})" if match.group(2) else match.group(1), text
    )
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _block(block: Json) -> str:
    draw = DRAWN.get(block["type"])
    return draw(block) if draw else f"[{block['type']}]"


def _text(value: Json | None) -> str:
    if not value:
        return ""
    text = str(value["text"])
    return mrkdwn_text(text) if value["type"] == "mrkdwn" else text


def _section(block: Json) -> str:
    lines = [_text(block.get("text"))] if block.get("text") else []
    lines += [_text(field) for field in block.get("fields", [])]
    if "accessory" in block:
        lines.append(_element(block["accessory"]))
    return "\n".join(lines)


def _element(element: Json) -> str:
    kind = element["type"]
    if kind == "button":
        return f"[{element['text']['text']}]"
    if kind == "image":
        return f"[image: {element['alt_text']}]"
    if kind == "overflow":
        return f"[... {' | '.join(option['text']['text'] for option in element['options'])}]"
    label = (element.get("placeholder") or {}).get("text", kind)
    options = [option["text"]["text"] for option in element.get("options", [])]
    return f"[{label} v: {' | '.join(options)}]" if options else f"[{label}]"


def _context(block: Json) -> str:
    return "  ".join(_element(one) if one["type"] == "image" else _text(one) for one in block["elements"])


def _actions(block: Json) -> str:
    return " ".join(_element(element) for element in block["elements"])


def _container(block: Json) -> str:
    title = _text(block.get("title")) or "".join(_rich(one) for one in block["rich_text_title"]["elements"])
    folded = bool(block.get("is_collapsible") and block.get("default_collapsed"))
    head = f"[{'+' if folded else '-'}] {title}"
    if block.get("subtitle"):
        head += f" ({_text(block['subtitle'])})"
    inner = blocks_text(block["child_blocks"])
    return "\n".join([head, *(f"    {line}".rstrip() for line in inner.splitlines())])


def _table(block: Json) -> str:
    rows = [[_cell(cell) for cell in row] for row in block["rows"]]
    columns = max(len(row) for row in rows)
    rows = [row + [""] * (columns - len(row)) for row in rows]
    widths = [max(_width(row[column]) for row in rows) for column in range(columns)]
    settings = (block.get("column_settings") or []) + [None] * columns
    right = [bool(one) and one.get("align") == "right" for one in settings[:columns]]
    lines = ["  ".join(map(_padded, row, widths, right)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    caption = [str(block["caption"])] if block.get("caption") else []
    return "\n".join([*caption, *lines])


def _cell(cell: Json) -> str:
    if cell["type"] == "rich_text":
        return " ".join(_rich(one) for one in cell["elements"]).replace("\n", " ")
    return str(cell.get("text", cell.get("value", "")))


def _padded(text: str, width: int, right: bool) -> str:  # noqa: FBT001  mapped over three columns
    gap = " " * (width - _width(text))
    return gap + text if right else text + gap


def _width(text: str) -> int:
    """Return the columns in a terminal: wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _rich_text(block: Json) -> str:
    return "\n".join(_rich(element) for element in block["elements"])


def _rich(element: Json) -> str:
    kind, inner = element["type"], element.get("elements", [])
    if kind == "rich_text_list":
        ordered = element.get("style") == "ordered"
        marks = [f"{number}." if ordered else "-" for number in range(1, len(inner) + 1)]
        return "\n".join(f"{mark} {_rich(item)}" for mark, item in zip(marks, inner, strict=True))
    if kind == "rich_text_quote":
        return "\n".join(f"> {line}" for line in "".join(map(_inline, inner)).splitlines())
    return "".join(map(_inline, inner))


def _inline(one: Json) -> str:
    kind = one["type"]
    if kind == "link":
        return f"{one['text']} ({one['url']})" if one.get("text") else str(one["url"])
    named = {
        "text": one.get("text"),
        "emoji": f":{one.get('name')}:",
        "user": f"<@{one.get('user_id')}>",
        "channel": f"<#{one.get('channel_id')}>",
        "usergroup": f"@{one.get('usergroup_id')}",
        "broadcast": f"@{one.get('range')}",
        "date": one.get("fallback") or str(one.get("timestamp")),
        "color": one.get("value"),
    }
    return str(named.get(kind, f"[{kind}]"))


def _plan(block: Json) -> str:
    return "\n".join([str(block["title"]), *(_task(task) for task in block.get("tasks", []))])


def _task(task: Json) -> str:
    details = [_rich_text(task[name]) for name in ("details", "output") if task.get(name)]
    return "\n    ".join([f"{STATES[task.get('status', 'pending')]} {task['title']}", *details])


DRAWN: Mapping[str, Callable[[Json], str]] = MappingProxyType(
    {
        "section": _section,
        "header": lambda block: f"== {block['text']['text']} ==",
        "divider": lambda _block: RULE,
        "context": _context,
        "actions": _actions,
        "container": _container,
        "table": _table,
        "data_table": _table,
        "rich_text": _rich_text,
        "markdown": lambda block: str(block["text"]),
        "image": lambda block: f"[image: {block['alt_text']}]",
        "video": lambda block: f"[video: {block['alt_text']}]",
        "plan": _plan,
        "task_card": _task,
        "alert": lambda block: f"! {_text(block['text'])}",
        "input": lambda block: f"{block['label']['text']}: {_element(block['element'])}",
    }
)
