"""The Message type: text and blocks, before it is sent to Slack."""

from __future__ import annotations

from dataclasses import dataclass

from formatting.slack.blocks import Block, section


@dataclass(frozen=True, slots=True)
class Message:
    """A Slack message: `blocks`, and `text` for notifications and clients that cannot show blocks."""

    text: str
    blocks: tuple[Block, ...]


def paragraph(text: str) -> Message:
    """Return a message with one paragraph. `text` is mrkdwn and must be escaped already."""
    return Message(text=text, blocks=(section(text),))
