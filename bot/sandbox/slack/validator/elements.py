"""Validates interactive elements, and the blocks in which each is allowed.

Lengths: https://docs.slack.dev/reference/block-kit/block-elements
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.sandbox.slack.validator.objects import PLAIN as PLAIN_TEXT
from bot.sandbox.slack.validator.objects import (
    confirm,
    option,
    optional_link,
    optional_text,
    picture,
    text,
)
from bot.sandbox.slack.validator.report import Report, kind_of
from bot.sandbox.slack.wire import Json

COMMON = ("type", "action_id")
SELECT = ("placeholder", "confirm", "focus_on_load")
# Element -> allowed properties besides type and action_id
PROPERTIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "button": ("text", "value", "url", "style", "confirm", "accessibility_label"),
        "overflow": ("options", "confirm"),
        "static_select": (*SELECT, "options", "option_groups", "initial_option"),
        "multi_static_select": (*SELECT, "options", "option_groups", "initial_options", "max_selected_items"),
        "users_select": (*SELECT, "initial_user"),
        "conversations_select": (
            *SELECT,
            "initial_conversation",
            "default_to_current_conversation",
            "filter",
            "response_url_enabled",
        ),
        "channels_select": (*SELECT, "initial_channel", "response_url_enabled"),
        "datepicker": (*SELECT, "initial_date"),
        "timepicker": (*SELECT, "initial_time", "timezone"),
        "checkboxes": ("options", "initial_options", "confirm", "focus_on_load"),
        "radio_buttons": ("options", "initial_option", "confirm", "focus_on_load"),
        "plain_text_input": (
            "placeholder",
            "initial_value",
            "multiline",
            "min_length",
            "max_length",
            "dispatch_action_config",
            "focus_on_load",
        ),
        "number_input": (
            "placeholder",
            "initial_value",
            "is_decimal_allowed",
            "min_value",
            "max_value",
            "dispatch_action_config",
            "focus_on_load",
        ),
        "email_text_input": ("placeholder", "initial_value", "dispatch_action_config", "focus_on_load"),
        "url_text_input": ("placeholder", "initial_value", "dispatch_action_config", "focus_on_load"),
    }
)
REQUIRED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "button": ("text",),
        "overflow": ("options",),
        "checkboxes": ("options",),
        "radio_buttons": ("options",),
        "number_input": ("is_decimal_allowed",),
    }
)
PICKERS = frozenset(
    {
        "static_select",
        "users_select",
        "conversations_select",
        "channels_select",
        "datepicker",
        "timepicker",
        "checkboxes",
        "radio_buttons",
    }
)
IN_ACTIONS = PICKERS | {"button", "overflow"}
IN_ACCESSORY = IN_ACTIONS | {"multi_static_select", "image"}
IN_INPUT = PICKERS | {
    "multi_static_select",
    "plain_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
}
# Maximum number of options
OPTION_COUNTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "overflow": (2, 5),
        "static_select": (1, 100),
        "multi_static_select": (1, 100),
        "checkboxes": (1, 10),
        "radio_buttons": (1, 10),
    }
)
RICH_OPTIONS = frozenset({"overflow", "checkboxes", "radio_buttons"})
INPUT_LIMIT = 3_000


def element(report: Report, value: object, pointer: str, allowed: frozenset[str]) -> None:
    """Check one element in a block that allows these types."""
    kind = kind_of(value)
    if kind not in allowed or not isinstance(value, dict):
        report.add(f"unsupported type: {kind}", f"{pointer}/type")
        return
    if kind == "image":
        image_element(report, value, pointer)
        return
    required = ("type", *REQUIRED.get(kind, ()))
    if not report.keys(value, pointer, required, (*COMMON, *PROPERTIES[kind])):
        return
    report.optional_string(value, "action_id", pointer, 255)
    optional_text(report, value, "placeholder", pointer, 150)
    report.optional_string(value, "initial_value", pointer, INPUT_LIMIT)
    report.number(value, "max_length", pointer, 1, INPUT_LIMIT)
    confirm(report, value, pointer)
    if kind == "button":
        _button(report, value, pointer)
    if kind in OPTION_COUNTS:
        _options(report, value, pointer, kind)


def image_element(report: Report, value: Json, pointer: str) -> None:
    """Check an image in a context block or a section's accessory."""
    if report.keys(value, pointer, ("type", "alt_text"), ("image_url", "slack_file")):
        report.string(value["alt_text"], f"{pointer}/alt_text", 2_000)
        picture(report, value, pointer)


def unique_actions(report: Report, elements: list[Json], pointer: str) -> None:
    """Check that action ids are unique within a block."""
    seen: set[str] = set()
    for index, one in enumerate(elements):
        action_id = one.get("action_id") if isinstance(one, dict) else None
        if action_id in seen:
            report.add(f"`action_id` {action_id} already exists", f"{pointer}/{index}/action_id")
        if isinstance(action_id, str):
            seen.add(action_id)


def _button(report: Report, value: Json, pointer: str) -> None:
    text(report, value["text"], f"{pointer}/text", 75, PLAIN_TEXT)
    report.optional_string(value, "value", pointer, 2_000)
    report.optional_string(value, "accessibility_label", pointer, 75)
    optional_link(report, value, "url", pointer)
    if "style" in value:
        report.choice(value["style"], f"{pointer}/style", ("primary", "danger"))


def _options(report: Report, value: Json, pointer: str, kind: str) -> None:
    least, most = OPTION_COUNTS[kind]
    if "option_groups" in value and "options" not in value:
        groups = report.items(value["option_groups"], f"{pointer}/option_groups", 1, 100)
        choices = [
            one
            for index, group in enumerate(groups)
            for one in _group(report, group, f"{pointer}/option_groups/{index}")
        ]
    else:
        if "options" not in value:
            report.add("missing required field: options", pointer)
        choices = report.items(value.get("options", []), f"{pointer}/options", least, most)
        for index, one in enumerate(choices):
            option(report, one, f"{pointer}/options/{index}", url_allowed=kind in RICH_OPTIONS)
    chosen = value.get("initial_options") or ([value["initial_option"]] if "initial_option" in value else [])
    if any(one not in choices for one in chosen):
        report.add("must be one of the provided options", f"{pointer}/initial_option")


def _group(report: Report, value: Json, pointer: str) -> list[Json]:
    if not report.keys(value, pointer, ("label", "options"), ()):
        return []
    text(report, value["label"], f"{pointer}/label", 75, PLAIN_TEXT)
    options = report.items(value["options"], f"{pointer}/options", 1, 100)
    for index, one in enumerate(options):
        option(report, one, f"{pointer}/options/{index}")
    return options
