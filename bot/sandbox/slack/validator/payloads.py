"""Validates complete messages and views: number of blocks, total characters, error codes.

Limits: https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/reference/views. The
limit on a message's characters is undocumented and was measured: https://github.com/slackapi/bolt-js/issues/2509
"""

from __future__ import annotations

import copy
import json
import secrets
from collections.abc import Collection, Iterator

from bot.sandbox.slack.validator import objects
from bot.sandbox.slack.validator.characters import characters
from bot.sandbox.slack.validator.layout import IN_HOME, IN_MESSAGE, IN_MODAL, block
from bot.sandbox.slack.validator.report import Report
from bot.sandbox.slack.wire import Json, RefusedError, invalid

MESSAGE_BLOCKS, VIEW_BLOCKS, ATTACHMENTS = 50, 100, 100
MESSAGE_CHARACTERS = 13_200
TABLE_CHARACTERS = 10_000
VIEW_BYTES = 250_000
MODAL_KEYS = (
    "title",
    "submit",
    "close",
    "clear_on_close",
    "notify_on_close",
    "submit_disabled",
    "private_metadata",
    "callback_id",
    "external_id",
)
HOME_KEYS = ("private_metadata", "callback_id", "external_id", "title", "submit", "close")


def check_message(
    blocks: list[Json],
    attachments: list[Json],
    *,
    refused: Collection[str] = (),
    ready_files: Collection[str] = (),
    count_characters: bool = True,
) -> None:
    """Check a message's blocks and those of its attachments; return if there is no problem.

    Raise RefusedError `invalid_blocks`, `invalid_attachments`, `too_many_attachments` or
    `msg_blocks_too_long`, with Slack's messages and JSON pointers where it gives them.
    """
    report = Report(refused, ready_files)
    for index, one in enumerate(report.items(blocks, "/blocks", 0, MESSAGE_BLOCKS)):
        block(report, one, f"/blocks/{index}", IN_MESSAGE)
    if len(attachments) > ATTACHMENTS:
        raise RefusedError("too_many_attachments")
    in_blocks = len(report.problems)
    for number, attachment in enumerate(attachments):
        nested = attachment.get("blocks") or []
        where = f"/attachments/{number}/blocks"
        for index, one in enumerate(report.items(nested, where, 0, MESSAGE_BLOCKS)):
            block(report, one, f"{where}/{index}", IN_MESSAGE)
    if report.problems:
        raise invalid("invalid_blocks" if in_blocks else "invalid_attachments", report.problems)
    if report.tables > 1:
        raise invalid("invalid_attachments", ["only_one_table_allowed"])
    if report.table_characters > TABLE_CHARACTERS:
        raise invalid(
            "invalid_blocks", [f"must be less than {TABLE_CHARACTERS + 1} characters [json-pointer:/blocks]"]
        )
    if count_characters and characters(blocks) + characters(attachments) > MESSAGE_CHARACTERS:
        raise RefusedError("msg_blocks_too_long")


def check_view(view: Json, *, refused: Collection[str] = (), ready_files: Collection[str] = ()) -> None:
    """Check a modal or an App Home view.

    Raise RefusedError `invalid_arguments` with pointers below /view, or `view_too_large`.
    """
    if len(json.dumps(view)) > VIEW_BYTES:
        raise RefusedError("view_too_large")
    report = Report(refused, ready_files)
    is_home = view.get("type") == "home"
    if view.get("type") not in ("modal", "home"):
        report.add(f"unsupported type: {view.get('type')}", "/view/type")
    required = ("type", "blocks") if is_home else ("type", "title", "blocks")
    if report.keys(view, "/view", required, HOME_KEYS if is_home else MODAL_KEYS):
        if not is_home:
            _modal_words(report, view)
        allowed = IN_HOME if is_home else IN_MODAL
        for index, one in enumerate(report.items(view["blocks"], "/view/blocks", 0, VIEW_BLOCKS)):
            block(report, one, f"/view/blocks/{index}", allowed)
        report.optional_string(view, "private_metadata", "/view", 3_000, 0)
        report.optional_string(view, "callback_id", "/view", 255, 0)
    if report.problems:
        raise invalid("invalid_arguments", report.problems)


def finish_blocks(blocks: list[Json]) -> list[Json]:
    """Return a copy in which every block and interactive element has an id, as Slack stores them."""
    finished = copy.deepcopy(blocks)
    for one in _all_blocks(finished):
        one.setdefault("block_id", secrets.token_urlsafe(4))
        holders = [*one.get("elements", []), one.get("accessory"), one.get("element")]
        for element in holders:
            if isinstance(element, dict) and _is_interactive(element):
                element.setdefault("action_id", secrets.token_urlsafe(4))
    return finished


def _all_blocks(blocks: list[Json]) -> Iterator[Json]:
    for one in blocks:
        yield one
        yield from _all_blocks(one.get("child_blocks", []))


def _is_interactive(element: Json) -> bool:
    kind = str(element.get("type"))
    return kind not in ("image", "mrkdwn", "plain_text") and not kind.startswith("rich_text")


def _modal_words(report: Report, view: Json) -> None:
    objects.text(report, view["title"], "/view/title", 24, objects.PLAIN)
    objects.optional_text(report, view, "submit", "/view", 24)
    objects.optional_text(report, view, "close", "/view", 24)
    has_input = any(isinstance(one, dict) and one.get("type") == "input" for one in view["blocks"])
    if has_input and view.get("submit") is None:
        report.add("missing required field: submit", "/view")
