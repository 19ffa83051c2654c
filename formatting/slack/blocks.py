"""Slack's blocks, one small function each. Texts given here are escaped already and within their limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from formatting.slack import limits
from formatting.slack.text import cut, safe_url

Block: TypeAlias = dict[str, Any]


def mrkdwn(text: str) -> Block:
    """Return a text object in which Slack links nothing by itself: names and addresses in it stay plain."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain_text(text: str, limit: int) -> Block:
    """Return a text object that shows exactly these characters, cut at `limit`."""
    return {"type": "plain_text", "text": cut(text, limit), "emoji": False}


def section(text: str) -> Block:
    """Return a paragraph of mrkdwn."""
    return {"type": "section", "text": mrkdwn(text)}


def context(*texts: str) -> Block:
    """Small grey lines below each other; elements of their own would run on like one paragraph."""
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
    """Return a button that asks the bot to do something."""
    made: Block = {
        "type": "button",
        "text": plain_text(label, limits.BUTTON_TEXT),
        "action_id": action_id,
    }
    if value:
        made["value"] = value[: limits.BUTTON_VALUE]
    if style:
        made["style"] = style
    if confirm:
        made["confirm"] = confirm
    return made


def link_button(label: str, action_id: str, url: str) -> list[Block]:
    """Return a button that opens a page, or none when the address is none."""
    address = safe_url(url)
    return [{**button(label, action_id), "url": address}] if address else []


def confirm(
    title: str, text: str, yes: str, no: str, *, style: Literal["primary", "danger"] = "danger"
) -> Block:
    """Return the question before a button does its work."""
    return {
        "title": plain_text(title, limits.CONFIRM_TITLE),
        "text": plain_text(text, limits.CONFIRM_TEXT),
        "confirm": plain_text(yes, limits.CONFIRM_BUTTON),
        "deny": plain_text(no, limits.CONFIRM_BUTTON),
        "style": style,
    }


def actions(elements: Sequence[Block]) -> list[Block]:
    """Return a row of buttons and selects, or nothing when there are none."""
    return [{"type": "actions", "elements": list(elements[: limits.ACTIONS_ELEMENTS])}] if elements else []


def preformatted(text: str) -> Block:
    """Text shown letter for letter in one width."""
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}],
    }


def container(title: str, children: Sequence[Block]) -> Block:
    """Return a folded container; its children are of the kinds that documentation and live validator both allow.

    https://docs.slack.dev/reference/block-kit/blocks/container-block
    """
    return {
        "type": "container",
        "title": plain_text(title, limits.CONTAINER_TITLE),
        "is_collapsible": True,
        "default_collapsed": True,
        "child_blocks": list(children[: limits.CONTAINER_CHILDREN]),
    }


_SPOKEN = frozenset({"text", "title", "subtitle", "caption", "fallback", "description"})


def characters(value: object) -> int:
    """How many characters people may see anywhere in blocks, as Slack counts them against a message."""
    if isinstance(value, dict):
        return sum(
            len(item) if isinstance(item, str) and name in _SPOKEN else characters(item)
            for name, item in value.items()
        )
    if isinstance(value, list | tuple):
        return sum(characters(item) for item in value)
    return 0
