"""One message with every block the page can draw, as an app would post it."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
LONG = "x" * 300
ART = "        ◇\n       ◇ 9 ◇\n      ∿ 6 9 ∿\n" + "    wide line " * 20


def words(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def marked(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(text: str, action: str, **more: object) -> Json:
    return {"type": "button", "text": words(text), "action_id": action, **more}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def raw(text: str) -> Json:
    return {"type": "raw_text", "text": text}


def folded(*children: Json) -> Json:
    return {
        "type": "container",
        "block_id": "context",
        "title": words("Error context"),
        "is_collapsible": True,
        "default_collapsed": True,
        "child_blocks": list(children),
    }


CONFIRM = {
    "title": words("Cancel this launch?"),
    "text": marked("`a1b2c3d4` is *running*."),
    "confirm": words("Cancel it"),
    "deny": words("Keep it"),
}
SELECT = {
    "type": "static_select",
    "action_id": "act_on",
    "placeholder": words("Act on…"),
    "option_groups": [
        {"label": words("runner kbflt"), "options": [{"text": words("Why?"), "value": "why:kbflt"}]},
        {"label": words("a1b2c3d4"), "options": [{"text": words("Cancel"), "value": "cancel:a1b2c3d4"}]},
    ],
}
OVERFLOW = {
    "type": "overflow",
    "action_id": "more",
    "options": [{"text": words("Copy the id"), "value": "copy"}, {"text": words("Hide"), "value": "hide"}],
}
ACTIONS = [
    button("Cancel", "cancel", style="danger", confirm=CONFIRM),
    button("Set up", "form"),
    SELECT,
    OVERFLOW,
]
PLAN = {
    "type": "plan",
    "title": "Launching",
    "tasks": [{"task_id": "1", "title": "Queue", "status": "complete"}],
}
TABLE = {
    "type": "table",
    "column_settings": [{}, {"align": "right"}, {"is_wrapped": True}],
    "rows": [
        [raw("Job"), raw("Runtime"), raw("Note"), *[raw(f"Column {number}") for number in range(8)]],
        [
            rich({"type": "link", "url": "https://example.com/job", "text": "5512374"}),
            raw("12s"),
            raw("Machine type is not supported. " * 6),
            *[raw("a rather wide cell") for _ in range(8)],
        ],
    ],
}
BLOCKS: list[Json] = [
    {"type": "header", "text": words("Launch a1b2c3d4")},
    {
        "type": "section",
        "text": marked(f":rocket: *Queued* for <@U0ALICE> {LONG}"),
        "accessory": button("Go", "go"),
    },
    {"type": "section", "fields": [marked("*State*\nRUNNING"), marked("*Age*\n12 s")]},
    {"type": "context", "elements": [marked("asked _18_ regions")]},
    {"type": "divider"},
    {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": ART}]}],
    },
    rich({"type": "date", "timestamp": 1_700_000_000, "format": "{date_num}", "fallback": "then"}),
    TABLE,
    folded({"type": "section", "text": marked(f"```Traceback {LONG}```")}),
    PLAN,
    {"type": "actions", "block_id": "doing", "elements": ACTIONS},
]
FORM: Json = {
    "type": "modal",
    "title": words("Set up"),
    "submit": words("Save"),
    "blocks": [
        {"type": "alert", "level": "warning", "text": words("This restarts the job.")},
        {
            "type": "input",
            "block_id": "workers",
            "label": words("Workers"),
            "element": {"type": "plain_text_input", "action_id": "count"},
        },
    ],
}
