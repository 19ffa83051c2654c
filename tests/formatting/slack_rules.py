"""Slack's rules for a message, written down once more from its documents, to check payloads against.

https://docs.slack.dev/reference/block-kit/blocks and the pages below it; the sum of characters from
https://github.com/slackapi/bolt-js/issues/2509. Deliberately independent of `formatting.limits`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from formatting.message import Message

CHILDREN = {"actions", "context", "divider", "header", "image", "section", "table", "video"}
KINDS = CHILDREN | {"container", "rich_text"}
# What may stand in angle brackets: a mention of a person, a date, a link to a page.
LIVE = re.compile(r"<(@[UW][A-Z0-9]+|!date\^\d+\^[^|<>]+\|[^<>|]+|https?://[^<>|\s]+\|[^<>]*)>")


def broken_rules(message: Message, *, updated: bool = True, blocks: int = 50) -> list[str]:
    """Every rule that the message breaks, in words; empty when Slack would take it."""
    found = [f"blocks: {len(message.blocks)}"] if len(message.blocks) > blocks else []
    if not 1 <= len(message.text) <= (4_000 if updated else 40_000):
        found.append(f"text: {len(message.text)} characters")
    found += _live("text", message.text)
    if message.text.count("```") % 2:
        found.append("text: a fence that is not closed")
    for block in message.blocks:
        found += _block(block, KINDS)
    total = sum(len(text) for block in message.blocks for text in spoken(block))
    if total > 12_000:
        found.append(f"all text: {total} characters")
    tables = [block for block in message.blocks if block["type"] == "table"]
    if len(tables) > 1:
        found.append("more than one table")
    return found


def spoken(value: Any) -> Iterator[str]:
    """Every text that people may see, anywhere inside."""
    if isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, str) and name in ("text", "title", "subtitle", "fallback"):
                yield item
            else:
                yield from spoken(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from spoken(item)


def _block(block: dict[str, Any], allowed: set[str]) -> list[str]:
    kind = block["type"]
    checks: dict[str, Callable[[dict[str, Any]], list[str]]] = {
        "section": lambda one: _text(one["text"], 3_000),
        "header": lambda one: _text(one["text"], 150),
        "context": _context,
        "actions": lambda one: _actions(one["elements"]),
        "container": _container,
        "table": _table,
        "rich_text": _rich,
    }
    return checks[kind](block) if kind in allowed else [f"{kind} may not stand here"]


def _context(block: dict[str, Any]) -> list[str]:
    texts = [line for element in block["elements"] for line in _text(element, 3_000)]
    return texts + _count("context elements", block["elements"], 10)


def _container(block: dict[str, Any]) -> list[str]:
    found = _text(block["title"], 150) + _count("children", block["child_blocks"], 10)
    if block.get("default_collapsed") and not block.get("is_collapsible"):
        found.append("default_collapsed without is_collapsible")
    return found + [line for child in block["child_blocks"] for line in _block(child, CHILDREN)]


def _actions(elements: list[dict[str, Any]]) -> list[str]:
    found = _count("actions", elements, 25)
    ids = [element["action_id"] for element in elements]
    if len(set(ids)) < len(ids) or any(not 1 <= len(one) <= 255 for one in ids):
        found.append(f"action ids: {ids}")
    for element in elements:
        if element["type"] == "static_select":
            found += _text(element["placeholder"], 150) + _count("options", element["options"], 100)
            for option in element["options"]:
                found += _text(option["text"], 75)
                if not 1 <= len(option["value"]) <= 150:
                    found.append(f"option value: {len(option['value'])}")
            values = [option["value"] for option in element["options"]]
            if len(set(values)) < len(values):
                found.append("two options with one value")
        else:
            found += _button(element)
    return found


def _button(button: dict[str, Any]) -> list[str]:
    found = _text(button["text"], 75)
    if len(button.get("value", "")) > 2_000:
        found.append("button value")
    if "url" in button:
        found += _url(button["url"])
    if "confirm" in button:
        asked = button["confirm"]
        found += _text(asked["title"], 100) + _text(asked["text"], 300)
        found += _text(asked["confirm"], 30) + _text(asked["deny"], 30)
    return found


def _table(block: dict[str, Any]) -> list[str]:
    found = _count("rows", block["rows"], 100) + _count("settings", block["column_settings"], 20)
    width = len(block["rows"][0])
    for row in block["rows"]:
        found += _count("cells", row, 20)
        if len(row) != width:
            found.append("rows of different lengths")
        for cell in row:
            if cell["type"] == "raw_text" and not cell["text"]:
                found.append("an empty cell")
            if cell["type"] == "rich_text":
                found += _rich(cell)
    total = sum(len(text) for text in spoken(block))
    return found + ([f"table: {total} characters"] if total > 10_000 else [])


def _rich(block: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for holder in block["elements"]:
        for element in holder["elements"]:
            if element["type"] == "link":
                found += _url(element["url"])
            if element["type"] == "date" and (
                not isinstance(element["timestamp"], int) or not element["fallback"]
            ):
                found.append("a date without its parts")
            if element["type"] in ("text", "link") and not element["text"]:
                found.append("an empty text")
            if element["type"] in ("user", "broadcast", "channel"):
                found.append(f"a live {element['type']}")
    return found


def _text(text: dict[str, Any], limit: int) -> list[str]:
    found = [] if 1 <= len(text["text"]) <= limit else [f"{len(text['text'])} characters of {limit}"]
    if text["type"] == "mrkdwn":
        found += _live("mrkdwn", text["text"])
        if text.get("verbatim") is not True:
            found.append("mrkdwn in which Slack links by itself")
        if text["text"].count("```") % 2:
            found.append("a fence that is not closed")
    return found


def _live(where: str, text: str) -> list[str]:
    rest = LIVE.sub("", text)
    found = [f"{where}: a bare bracket in {rest!r}"] if "<" in rest or ">" in rest else []
    escapes = re.sub(r"&(amp|lt|gt);", "", rest)
    return found + ([f"{where}: a bare ampersand in {rest!r}"] if "&" in escapes else [])


def _url(url: str) -> list[str]:
    parts = urlsplit(url)
    good = parts.scheme in ("http", "https") and parts.netloc and len(url) <= 3_000
    return [] if good else [f"address {url[:60]!r}"]


def _count(what: str, items: list[Any], most: int) -> list[str]:
    return [] if 1 <= len(items) <= most else [f"{what}: {len(items)}"]
