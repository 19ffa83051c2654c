"""Validates blocks, with one function per type, and the types allowed on each surface.

Lengths: https://docs.slack.dev/reference/block-kit/blocks. What a container may hold differs between
the documentation and the live validator, so only what both allow passes here:
https://docs.rs/slack-morphism/2.31.0/slack_morphism/prelude/struct.SlackContainerBlock.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bot.sandbox.slack.validator import elements, objects
from bot.sandbox.slack.validator.plans import plan, task_card
from bot.sandbox.slack.validator.report import Report, kind_of
from bot.sandbox.slack.validator.rich_text import rich_text
from bot.sandbox.slack.validator.tables import data_table, table
from bot.sandbox.slack.wire import Json

CONTAINER_CHILDREN = frozenset(
    {"actions", "context", "divider", "header", "image", "section", "table", "video"}
)
IN_MESSAGE = CONTAINER_CHILDREN | {
    "rich_text",
    "markdown",
    "container",
    "plan",
    "task_card",
    "data_table",
    "input",
}
IN_HOME = CONTAINER_CHILDREN | {"rich_text", "container", "input"}
IN_MODAL = (CONTAINER_CHILDREN - {"table"}) | {"rich_text", "alert", "input"}
ALERT_LEVELS = ("default", "info", "warning", "error", "success")
WIDTHS = ("narrow", "standard", "wide", "full")


def block(report: Report, value: object, pointer: str, allowed: frozenset[str]) -> None:
    """Check one block on a surface (or in a container) that allows these types."""
    kind = kind_of(value)
    if not isinstance(value, dict) or kind not in allowed or kind in report.refused_types:
        report.add(f"unsupported type: {kind}", f"{pointer}/type")
        return
    required, optional, check = BLOCKS[kind]
    if report.keys(value, pointer, ("type", *required), ("block_id", *optional)):
        check(report, value, pointer)
    if "block_id" in value and report.string(value["block_id"], f"{pointer}/block_id", 255):
        if value["block_id"] in report.block_ids:
            report.add(f"`block_id` {value['block_id']} already exists", f"{pointer}/block_id")
        report.block_ids.add(value["block_id"])


def _section(report: Report, value: Json, pointer: str) -> None:
    if not value.get("text") and not value.get("fields"):
        report.add("must define either `text` or `fields`", f"{pointer}/type")
    objects.optional_text(report, value, "text", pointer, 3_000, kinds=objects.ANY_TEXT)
    for index, one in enumerate(report.items(value.get("fields") or [], f"{pointer}/fields", 0, 10)):
        objects.text(report, one, f"{pointer}/fields/{index}", 2_000)
    if "accessory" in value:
        elements.element(report, value["accessory"], f"{pointer}/accessory", elements.IN_ACCESSORY)


def _header(report: Report, value: Json, pointer: str) -> None:
    objects.text(report, value["text"], f"{pointer}/text", 150, objects.PLAIN)


def _nothing(_report: Report, _value: Json, _pointer: str) -> None:
    """Accept a divider, which has no properties."""


def _context(report: Report, value: Json, pointer: str) -> None:
    for index, one in enumerate(report.items(value["elements"], f"{pointer}/elements", 1, 10)):
        where = f"{pointer}/elements/{index}"
        if isinstance(one, dict) and one.get("type") == "image":
            elements.image_element(report, one, where)
        else:
            objects.text(report, one, where, 3_000)


def _actions(report: Report, value: Json, pointer: str) -> None:
    items = report.items(value["elements"], f"{pointer}/elements", 1, 25)
    for index, one in enumerate(items):
        elements.element(report, one, f"{pointer}/elements/{index}", elements.IN_ACTIONS)
    elements.unique_actions(report, items, f"{pointer}/elements")


def _input(report: Report, value: Json, pointer: str) -> None:
    objects.text(report, value["label"], f"{pointer}/label", 2_000, objects.PLAIN)
    objects.optional_text(report, value, "hint", pointer, 2_000)
    elements.element(report, value["element"], f"{pointer}/element", elements.IN_INPUT)


def _image(report: Report, value: Json, pointer: str) -> None:
    report.string(value["alt_text"], f"{pointer}/alt_text", 2_000)
    objects.optional_text(report, value, "title", pointer, 2_000)
    objects.picture(report, value, pointer)


def _video(report: Report, value: Json, pointer: str) -> None:
    objects.text(report, value["title"], f"{pointer}/title", 200, objects.PLAIN)
    report.string(value["alt_text"], f"{pointer}/alt_text", 2_000)
    for name in ("video_url", "thumbnail_url"):
        objects.optional_link(report, value, name, pointer)


def _markdown(report: Report, value: Json, pointer: str) -> None:
    report.string(value["text"], f"{pointer}/text", 12_000)


def _alert(report: Report, value: Json, pointer: str) -> None:
    objects.text(report, value["text"], f"{pointer}/text", 200)
    if "level" in value:
        report.choice(value["level"], f"{pointer}/level", ALERT_LEVELS)


def _rich_text(report: Report, value: Json, pointer: str) -> None:
    rich_text(report, value, pointer)


def _container(report: Report, value: Json, pointer: str) -> None:
    if value.get("title") is None and value.get("rich_text_title") is None:
        report.add("must define either `title` or `rich_text_title`", f"{pointer}/type")
    objects.optional_text(report, value, "title", pointer, 150)
    objects.optional_text(report, value, "subtitle", pointer, 150, kinds=objects.ANY_TEXT)
    if value.get("rich_text_title") is not None:
        rich_text(report, value["rich_text_title"], f"{pointer}/rich_text_title")
    if "width" in value:
        report.choice(value["width"], f"{pointer}/width", WIDTHS)
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        report.add("`default_collapsed` needs `is_collapsible`", f"{pointer}/default_collapsed")
    if value.get("has_header_divider") and value.get("is_collapsible"):
        report.add(
            "`has_header_divider` is not allowed with `is_collapsible`", f"{pointer}/has_header_divider"
        )
    for index, child in enumerate(report.items(value["child_blocks"], f"{pointer}/child_blocks", 1, 10)):
        block(report, child, f"{pointer}/child_blocks/{index}", CONTAINER_CHILDREN)


Check = Callable[[Report, Json, str], None]
# Block -> (required properties, optional properties, further check)
BLOCKS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], Check]] = MappingProxyType(
    {
        "section": ((), ("text", "fields", "accessory", "expand"), _section),
        "header": (("text",), (), _header),
        "divider": ((), (), _nothing),
        "context": (("elements",), (), _context),
        "actions": (("elements",), (), _actions),
        "input": (("label", "element"), ("hint", "optional", "dispatch_action"), _input),
        "image": (("alt_text",), ("image_url", "slack_file", "title"), _image),
        "video": (
            ("title", "alt_text", "video_url", "thumbnail_url"),
            ("title_url", "description", "provider_name", "provider_icon_url", "author_name"),
            _video,
        ),
        "markdown": (("text",), (), _markdown),
        "alert": (("text",), ("level",), _alert),
        "rich_text": (("elements",), (), _rich_text),
        "container": (
            ("child_blocks",),
            (
                "title",
                "rich_text_title",
                "subtitle",
                "width",
                "icon",
                "is_collapsible",
                "default_collapsed",
                "has_header_divider",
            ),
            _container,
        ),
        "table": (("rows",), ("column_settings",), table),
        "data_table": (
            ("rows", "caption"),
            ("page_size", "column_settings", "row_header_column_index"),
            data_table,
        ),
        "plan": (("title",), ("tasks",), plan),
        "task_card": (("task_id", "title"), ("status", "details", "output", "sources"), task_card),
    }
)
