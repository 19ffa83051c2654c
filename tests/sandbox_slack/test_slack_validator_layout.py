from __future__ import annotations

import pytest
from slack_parts import Json, cell, container, line, mrkdwn, plain, plan, refusal_of, rich, section, table

# name -> (blocks, error word, a message that must be among Slack's)
BAD: dict[str, tuple[list[Json], str, str]] = {
    "alert in a message": (
        [{"type": "alert", "text": plain()}],
        "invalid_blocks",
        "unsupported type: alert [json-pointer:/blocks/0/type]",
    ),
    "101 table rows": (
        [table(*[[cell()]] * 101)],
        "invalid_blocks",
        "no more than 100 items allowed [json-pointer:/blocks/0/rows]",
    ),
    "21 table columns": (
        [table([cell()] * 21)],
        "invalid_blocks",
        "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]",
    ),
    "empty cell": (
        [table([cell("")])],
        "invalid_blocks",
        "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]",
    ),
    "mrkdwn cell": (
        [table([mrkdwn()])],
        "invalid_blocks",
        "unsupported type: mrkdwn [json-pointer:/blocks/0/rows/0/0/type]",
    ),
    "10,001 characters of table": (
        [table([cell("x" * 5_001)], [cell("x" * 5_000)])],
        "invalid_blocks",
        "must be less than 10001 characters [json-pointer:/blocks]",
    ),
    "two tables": ([table(), table()], "invalid_attachments", "only_one_table_allowed"),
    "a second table inside a container": (
        [table(), container(table())],
        "invalid_attachments",
        "only_one_table_allowed",
    ),
    "container in a container": (
        [container(container())],
        "invalid_blocks",
        "unsupported type: container [json-pointer:/blocks/0/child_blocks/0/type]",
    ),
    "rich text in a container": (
        [container(rich(line({"type": "text", "text": "x"})))],
        "invalid_blocks",
        "unsupported type: rich_text [json-pointer:/blocks/0/child_blocks/0/type]",
    ),
    "markdown in a container": (
        [container({"type": "markdown", "text": "x"})],
        "invalid_blocks",
        "unsupported type: markdown [json-pointer:/blocks/0/child_blocks/0/type]",
    ),
    "eleven children": (
        [container(*[section()] * 11)],
        "invalid_blocks",
        "no more than 10 items allowed [json-pointer:/blocks/0/child_blocks]",
    ),
    "container without a title": (
        [{"type": "container", "child_blocks": [section()]}],
        "invalid_blocks",
        "must define either `title` or `rich_text_title` [json-pointer:/blocks/0/type]",
    ),
    "collapsed but not collapsible": (
        [container(default_collapsed=True)],
        "invalid_blocks",
        "`default_collapsed` needs `is_collapsible` [json-pointer:/blocks/0/default_collapsed]",
    ),
    "plan title as an object": (
        [plan(title=plain())],
        "invalid_blocks",
        "must provide a string [json-pointer:/blocks/0/title]",
    ),
    "51 tasks": (
        [plan(tasks=[{"task_id": str(n), "title": "x"} for n in range(51)])],
        "invalid_blocks",
        "no more than 50 items allowed [json-pointer:/blocks/0/tasks]",
    ),
    "task called completed": (
        [plan(tasks=[{"task_id": "1", "title": "x", "status": "completed"}])],
        "invalid_blocks",
        (
            "must be a valid enum value: complete, error, in_progress, pending "
            "[json-pointer:/blocks/0/tasks/0/status]"
        ),
    ),
    "task with a type": (
        [plan(tasks=[{"type": "task", "task_id": "1", "title": "x"}])],
        "invalid_blocks",
        "invalid additional property: type [json-pointer:/blocks/0/tasks/0]",
    ),
    "empty rich text": (
        [rich(line({"type": "text", "text": ""}))],
        "invalid_blocks",
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
    ),
    "emoji in preformatted": (
        [rich(line({"type": "emoji", "name": "x"}, kind="rich_text_preformatted"))],
        "invalid_blocks",
        "unsupported type: emoji [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    "list without a style": (
        [rich(line(line({"type": "text", "text": "x"}), kind="rich_text_list"))],
        "invalid_blocks",
        "must be a valid enum value: bullet, ordered [json-pointer:/blocks/0/elements/0/style]",
    ),
    "javascript link": (
        [rich(line({"type": "link", "url": "javascript:alert(1)"}))],
        "invalid_blocks",
        "must be a valid URL [json-pointer:/blocks/0/elements/0/elements/0/url]",
    ),
    "image on this machine": (
        [{"type": "image", "alt_text": "x", "image_url": "http://127.0.0.1:1/a.png"}],
        "invalid_blocks",
        "downloading image failed [json-pointer:/blocks/0/image_url]",
    ),
    "file that is not there": (
        [{"type": "image", "alt_text": "x", "slack_file": {"id": "F1"}}],
        "invalid_blocks",
        "invalid slack file [json-pointer:/blocks/0/slack_file]",
    ),
    "markdown of 12,001": (
        [{"type": "markdown", "text": "x" * 12_001}],
        "invalid_blocks",
        "must be less than 12001 characters [json-pointer:/blocks/0/text]",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_wrong_layouts_are_refused_with_slacks_words(name: str) -> None:
    """Tables, containers, plans, rich text and images each have limits of their own."""
    blocks, expected_word, message = BAD[name]
    word, messages = refusal_of(blocks)

    assert expected_word == word
    assert message in messages
