"""A message before it is sent."""

from __future__ import annotations

from dataclasses import dataclass

from formatting.slack.blocks import Block, section


@dataclass(frozen=True, slots=True)
class Message:
    """What Slack is to show: `text` for notifications and plain readers, `blocks` for everybody else."""

    text: str
    blocks: tuple[Block, ...]


def said(text: str) -> Message:
    """Return a message of one paragraph; the text is mrkdwn, escaped already."""
    return Message(text=text, blocks=(section(text),))
