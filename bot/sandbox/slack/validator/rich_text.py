"""Validates rich text: sections, lists, quotes, preformatted text and their elements.

Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block. No length limit of its own
is documented; the whole message's limit counts its characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.sandbox.slack.validator.objects import link
from bot.sandbox.slack.validator.report import Report, kind_of
from bot.sandbox.slack.wire import Json

MAX_TEXT = 40_000
MAX_ELEMENTS = 1_000
STYLES = frozenset(
    {"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}
)
# Inline element -> (required properties, optional properties)
INLINE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "text": (("text",), ("style",)),
        "link": (("url",), ("text", "style", "unsafe")),
        "user": (("user_id",), ("style",)),
        "usergroup": (("usergroup_id",), ("style",)),
        "channel": (("channel_id",), ("style",)),
        "emoji": (("name",), ("unicode", "skin_tone", "url", "style")),
        "date": (("timestamp", "format"), ("url", "fallback", "style")),
        "broadcast": (("range",), ("style",)),
        "color": (("value",), ("style",)),
    }
)
PREFORMATTED_INLINE = frozenset({"text", "link"})
# Container element -> optional properties besides type and elements
HOLDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rich_text_section": (),
        "rich_text_list": ("style", "indent", "offset", "border"),
        "rich_text_preformatted": ("border",),
        "rich_text_quote": ("border",),
    }
)
INDENT_LIMIT = 8


def rich_text(report: Report, value: object, pointer: str, *, is_block: bool = True) -> None:
    """Check a rich_text block, or the rich_text in a table cell, task or title."""
    optional = ("block_id",) if is_block else ("block_id", "border")
    if not report.keys(value, pointer, ("type", "elements"), optional) or not isinstance(value, dict):
        return
    for index, element in enumerate(report.items(value["elements"], f"{pointer}/elements", 1, MAX_ELEMENTS)):
        _holder(report, element, f"{pointer}/elements/{index}")


def _holder(report: Report, value: object, pointer: str) -> None:
    kind = kind_of(value)
    if kind not in HOLDERS:
        report.add(f"unsupported type: {kind}", f"{pointer}/type")
        return
    if not isinstance(value, dict) or not report.keys(value, pointer, ("type", "elements"), HOLDERS[kind]):
        return
    report.number(value, "indent", pointer, 0, INDENT_LIMIT)
    report.number(value, "border", pointer, 0, 1)
    if kind == "rich_text_list":
        report.choice(value.get("style"), f"{pointer}/style", ("bullet", "ordered"))
    for index, element in enumerate(report.items(value["elements"], f"{pointer}/elements", 1, MAX_ELEMENTS)):
        where = f"{pointer}/elements/{index}"
        if kind == "rich_text_list":
            _list_item(report, element, where)
        else:
            _inline(
                report, element, where, only=PREFORMATTED_INLINE if kind == "rich_text_preformatted" else None
            )


def _list_item(report: Report, value: Json, pointer: str) -> None:
    if isinstance(value, dict) and value.get("type") == "rich_text_section":
        _holder(report, value, pointer)
    else:
        report.add("must be a rich_text_section", pointer)


def _inline(report: Report, value: object, pointer: str, only: frozenset[str] | None) -> None:
    kind = kind_of(value)
    if kind not in INLINE or (only and kind not in only):
        report.add(f"unsupported type: {kind}", f"{pointer}/type")
        return
    required, optional = INLINE[kind]
    if not isinstance(value, dict) or not report.keys(value, pointer, ("type", *required), optional):
        return
    for name in ("text", "url", "user_id", "channel_id", "usergroup_id", "name", "format", "fallback"):
        report.optional_string(value, name, pointer, MAX_TEXT)
    if kind == "link" and isinstance(value["url"], str):
        link(report, value["url"], f"{pointer}/url")
    if kind == "date" and (not isinstance(value["timestamp"], int) or isinstance(value["timestamp"], bool)):
        report.add("must provide an integer", f"{pointer}/timestamp")
    if kind == "broadcast":
        report.choice(value["range"], f"{pointer}/range", ("here", "channel", "everyone"))
    style = value.get("style", {})
    report.keys(style, f"{pointer}/style", (), STYLES)
