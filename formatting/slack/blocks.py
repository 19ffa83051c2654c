"""Builders of Slack blocks. Texts must be escaped already and within Slack's limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from formatting.slack import limits
from formatting.slack.text import cut, safe_url

Block: TypeAlias = dict[str, Any]


def mrkdwn(text: str) -> Block:
    """Return a mrkdwn text object in which Slack does not turn names and URLs into links."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain_text(text: str, limit: int) -> Block:
    """Return a plain text object, cut at `limit` characters."""
    return {"type": "plain_text", "text": cut(text, limit), "emoji": False}


def section(text: str) -> Block:
    """Return a section block with mrkdwn text."""
    return {"type": "section", "text": mrkdwn(text)}


def context(*texts: str) -> Block:
    """Return a context block with one line for each text.

    The lines are joined into as few elements as possible, because Slack shows elements side by side.
    """
    elements: list[str] = []
    for text in texts:
        longer = f"{elements[-1]}\n{text}" if elements else text
        if elements and len(longer) <= limits.SECTION_TEXT:
            elements[-1] = longer
        else:
            elements.append(cut(text, limits.SECTION_TEXT))
    return {
        "type": "context",
        "elements": [mrkdwn(text) for text in elements[: limits.CONTEXT_ELEMENTS]],
    }


def button(
    label: str,
    action_id: str,
    value: str = "",
    *,
    style: Literal["", "primary", "danger"] = "",
    confirm: Block | None = None,
) -> Block:
    """Return a button that triggers an action of the bot."""
    block: Block = {
        "type": "button",
        "text": plain_text(label, limits.BUTTON_TEXT),
        "action_id": action_id,
    }
    if value:
        block["value"] = value[: limits.BUTTON_VALUE]
    if style:
        block["style"] = style
    if confirm:
        block["confirm"] = confirm
    return block


def link_button(label: str, action_id: str, url: str) -> list[Block]:
    """Return a button that opens a page, or an empty list if the URL is not safe."""
    safe = safe_url(url)
    return [{**button(label, action_id), "url": safe}] if safe else []


def confirm(
    title: str, text: str, yes: str, no: str, *, style: Literal["primary", "danger"] = "danger"
) -> Block:
    """Return the confirmation dialog of a button."""
    return {
        "title": plain_text(title, limits.CONFIRM_TITLE),
        "text": plain_text(text, limits.CONFIRM_TEXT),
        "confirm": plain_text(yes, limits.CONFIRM_BUTTON),
        "deny": plain_text(no, limits.CONFIRM_BUTTON),
        "style": style,
    }


def actions(elements: Sequence[Block]) -> list[Block]:
    """Return a row of buttons and selects, or an empty list when there are none."""
    return [{"type": "actions", "elements": list(elements[: limits.ACTIONS_ELEMENTS])}] if elements else []


def preformatted(text: str) -> Block:
    """Return a block with preformatted text."""
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}],
    }


def container(title: str, children: Sequence[Block]) -> Block:
    """Return a collapsed container.

    Children must be of types that both the documentation and Slack's own validation allow:
    https://docs.slack.dev/reference/block-kit/blocks/container-block
    """
    return {
        "type": "container",
        "title": plain_text(title, limits.CONTAINER_TITLE),
        "is_collapsible": True,
        "default_collapsed": True,
        "child_blocks": list(children[: limits.CONTAINER_CHILDREN]),
    }


_TEXT_KEYS = frozenset({"text", "title", "subtitle", "caption", "fallback", "description"})


def characters(value: object) -> int:
    """Return the number of visible characters in blocks, which Slack limits for a message."""
    if isinstance(value, dict):
        return sum(
            len(item) if isinstance(item, str) and name in _TEXT_KEYS else characters(item)
            for name, item in value.items()
        )
    if isinstance(value, list | tuple):
        return sum(characters(item) for item in value)
    return 0
