from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import ALICE, SlackWorkspace
from bot.sandbox.slack.render_blocks import blocks_text, mrkdwn_text

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def cell(text: str) -> Json:
    return {"type": "raw_text", "text": text}


BLOCKS: list[Json] = [
    {"type": "header", "text": plain("Launch abc12345")},
    {"type": "section", "text": mrkdwn("*queued* <https://wandb.ai/q|queue> &lt;4 s")},
    {"type": "context", "elements": [mrkdwn("by <@U0ALICE>"), plain("just now")]},
    {"type": "divider"},
    {
        "type": "table",
        "column_settings": [None, {"align": "right"}],
        "rows": [[cell("run"), cell("time")], [cell("abc"), cell("5")], [cell("日本"), cell("120")]],
    },
    {
        "type": "container",
        "title": plain("More context"),
        "is_collapsible": True,
        "default_collapsed": True,
        "child_blocks": [{"type": "section", "text": mrkdwn("```\nTraceback\n```")}],
    },
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "a", "text": plain("Cancel")},
            {
                "type": "static_select",
                "action_id": "b",
                "placeholder": plain("Act on..."),
                "options": [{"text": plain("Why?"), "value": "1"}, {"text": plain("Stop"), "value": "2"}],
            },
        ],
    },
    {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": " /\\_/\\\n( o.o )"}]},
            {
                "type": "rich_text_list",
                "style": "ordered",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "first"}]},
                    {
                        "type": "rich_text_section",
                        "elements": [{"type": "link", "url": "https://x.io", "text": "second"}],
                    },
                ],
            },
        ],
    },
]

DRAWN = r"""== Launch abc12345 ==
*queued* queue (https://wandb.ai/q) <4 s
by <@U0ALICE>  just now
----------------------------------------
run   time
----  ----
abc      5
日本   120
[+] More context
    ```
    Traceback
    ```
[Cancel] [Act on... v: Why? | Stop]
 /\_/\
( o.o )
1. first
2. second (https://x.io)"""


def test_blocks_read_as_they_look() -> None:
    """A terminal shows what the page shows: aligned tables, folded containers, labelled buttons."""
    assert DRAWN == blocks_text(BLOCKS)


def test_markup_is_spelled_out() -> None:
    """Links and dates are readable, entities are unescaped last so that no link appears from text."""
    assert "at noon" == mrkdwn_text("at <!date^1700000000^{time}|noon>")
    assert "<https://x.io|x>" == mrkdwn_text("&lt;https://x.io|x&gt;")


async def test_a_channel_is_drawn_with_its_threads(workspace: SlackWorkspace, client: AsyncWebClient) -> None:
    """Threads stand indented below their parents, private answers only before their reader."""
    await workspace.type_text("bob", "training", "good morning")
    card = await client.chat_postMessage(channel="training", text="card for <@U0ALICE>")
    await client.chat_postMessage(channel="training", text="closing", thread_ts=card["ts"])
    await client.files_upload_v2(
        channel="C0TRAINING",
        thread_ts=card["ts"],
        content="1\n2\n3\n4\n5\n6\n",
        filename="run.log",
        title="Log",
    )
    await client.chat_update(channel="C0TRAINING", ts=card["ts"], text="card for <@U0ALICE>, done")
    await client.reactions_add(channel="training", timestamp=card["ts"], name="tada")
    await client.chat_postEphemeral(channel="training", user=ALICE.id, text="psst")
    await workspace.wait_until(lambda: len(workspace.thread("training", card["ts"])) == 3)

    for_all = workspace.render_text("#training")
    for_alice = workspace.render_text("training", reader="alice")

    assert for_all.startswith("#training\n\nBob Baker  ")
    assert "(edited)\n  card for @alice, done\n  :tada: 1\n\n    | launch-control" in for_all
    assert "    |   closing" in for_all
    assert "    |   [file] Log (12 bytes)\n    |     1\n" in for_all
    assert "    |     ... 1 more lines" in for_all
    assert "psst" not in for_all
    assert "(only visible to you)\n  psst" in for_alice
