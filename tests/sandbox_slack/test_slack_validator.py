from __future__ import annotations

from typing import Any

import pytest
from slack_parts import (
    Json,
    actions,
    button,
    cell,
    container,
    line,
    mrkdwn,
    overflow,
    plain,
    plan,
    rich,
    section,
    select,
    table,
)

from bot.sandbox.slack.validator import check_message, check_view
from bot.sandbox.slack.wire import RefusedError

GOOD: dict[str, list[Json]] = {
    "longest section": [section("x" * 3_000)],
    "most blocks": [section()] * 50,
    "container with every safe child": [
        container(
            section(),
            {"type": "divider"},
            {"type": "header", "text": plain()},
            {"type": "context", "elements": [mrkdwn(), plain()]},
            actions(button()),
            table(),
            is_collapsible=True,
            default_collapsed=True,
        )
    ],
    "largest table": [table(*[[cell("x") for _ in range(20)] for _ in range(100)])],
    "table cell with link and right-aligned column": [
        table(
            [rich(line({"type": "link", "url": "https://wandb.ai/x", "text": "run"})), cell(" ")],
            column_settings=[None, {"align": "right", "is_wrapped": False}],
        )
    ],
    "rich text of every kind": [
        rich(
            line(
                {"type": "text", "text": "x", "style": {"bold": True, "code": False}},
                {"type": "user", "user_id": "U1"},
                {"type": "emoji", "name": "rocket"},
                {"type": "date", "timestamp": 1_795_449_453, "format": "{ago}", "fallback": "now"},
                {"type": "channel", "channel_id": "C1"},
                {"type": "broadcast", "range": "here"},
            ),
            line({"type": "text", "text": "Traceback"}, kind="rich_text_preformatted", border=0),
            line(line({"type": "text", "text": "x"}), kind="rich_text_list", style="bullet", indent=1),
            line({"type": "text", "text": "x"}, kind="rich_text_quote"),
        )
    ],
    "plan": [plan()],
    "select with a confirmation": [
        actions(select(100, confirm={"title": plain(), "text": plain(), "confirm": plain(), "deny": plain()}))
    ],
    "overflow beside a section": [section(accessory=overflow(2))],
}


@pytest.mark.parametrize("name", GOOD)
def test_valid_blocks_pass(name: str) -> None:
    """What Slack is known to accept passes: a validator that refuses too much is useless."""
    check_message(GOOD[name], [])


@pytest.mark.parametrize(("size", "fits"), [(2_640, True), (2_641, False)])
def test_all_text_of_a_message_together_is_limited(size: int, fits: bool) -> None:  # noqa: FBT001  a table's column
    """Sections that are legal one by one are too long together: this breaks long replies."""
    blocks = [section("x" * size) for _ in range(5)]

    if fits:
        check_message(blocks, [])
    else:
        with pytest.raises(RefusedError, match="msg_blocks_too_long"):
            check_message(blocks, [])


def test_an_older_workspace_refuses_new_block_types_by_name() -> None:
    """A bot that falls back must be able to read which of its blocks was not understood."""
    with pytest.raises(RefusedError) as refused:
        check_message([section(), table()], [], refused={"table", "container"})

    assert "invalid_blocks" == refused.value.word
    assert ["[ERROR] unsupported type: table [json-pointer:/blocks/1/type]"] == refused.value.extra[
        "response_metadata"
    ]["messages"]


def test_tables_in_attachments_count_too() -> None:
    """One table per message means blocks and attachments together."""
    with pytest.raises(RefusedError, match="invalid_attachments"):
        check_message([table()], [{"blocks": [table()]}])


def view(**more: Any) -> Json:
    return {"type": "modal", "title": plain("Title"), "blocks": [section()]} | more


BAD_VIEWS: dict[str, tuple[Json, str]] = {
    "no title": ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
    "title of 25": (
        view(title=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    "metadata of 3,001": (
        view(private_metadata="x" * 3_001),
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    "table in a modal": (
        view(blocks=[table()]),
        "unsupported type: table [json-pointer:/view/blocks/0/type]",
    ),
    "container in a modal": (
        view(blocks=[container()]),
        "unsupported type: container [json-pointer:/view/blocks/0/type]",
    ),
    "input without submit": (
        view(
            blocks=[
                {"type": "input", "label": plain(), "element": {"type": "plain_text_input", "action_id": "a"}}
            ]
        ),
        "missing required field: submit [json-pointer:/view]",
    ),
    "101 blocks": (
        view(blocks=[section()] * 101),
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    "alert on the home": (
        {"type": "home", "blocks": [{"type": "alert", "text": plain()}]},
        "unsupported type: alert [json-pointer:/view/blocks/0/type]",
    ),
}


@pytest.mark.parametrize("name", BAD_VIEWS)
def test_invalid_views_are_refused_with_slacks_words(name: str) -> None:
    """Views fail as invalid_arguments with pointers below /view, unlike messages."""
    bad, message = BAD_VIEWS[name]

    with pytest.raises(RefusedError) as refused:
        check_view(bad)

    assert "invalid_arguments" == refused.value.word
    assert message in refused.value.extra["errors"]


def test_a_modal_may_hold_an_alert_and_the_home_a_table() -> None:
    """The surfaces differ both ways: what a message may not hold, a modal may, and the reverse."""
    check_view(view(blocks=[{"type": "alert", "level": "error", "text": mrkdwn()}]))
    check_view({"type": "home", "blocks": [table(), container()]})


def test_a_view_above_250_kilobytes_is_too_large() -> None:
    """The whole view is limited besides its parts."""
    with pytest.raises(RefusedError, match="view_too_large"):
        check_view(view(blocks=[section("x" * 3_000) for _ in range(90)]))
