"""The reply of one section: its table and the failures below it."""

from __future__ import annotations

from dataclasses import replace

from bot.models.scan import Scan
from formatting.failure.blocks import failure_blocks
from formatting.failure.view import failure_views
from formatting.message import Message
from formatting.slack import limits
from formatting.slack.blocks import characters
from formatting.table.model import Table
from formatting.table.slack import Style, table_message


def section_message(table: Table, scan: Scan, style: Style) -> Message:
    """Return the reply of one section: its table, then its failures.

    The failures share the characters that the table leaves of a message's 12,000. If the table has an
    `overflow`, the caller also uploads it as a file (`formatting.table.model.to_csv`).
    """
    message = table_message(table, style)
    views = failure_views(scan, table.section)
    if not views:
        return message
    room = limits.ALL_BLOCKS_TEXT - characters(message.blocks)
    return replace(message, blocks=(*message.blocks, *failure_blocks(views, room=room)))
