"""The sandbox's Slack judges by its own copy of the rules: it takes what we show, and plain forms too."""

from __future__ import annotations

import pytest
from look_samples import BUSY, CARDS, DENIED, NOW

from bot.sandbox.slack.validator import check_message, check_view
from formatting.card.card import card
from formatting.card.closing_reply import closing_reply
from formatting.home import home
from formatting.message import Message
from formatting.monitor.reply import section_message
from formatting.monitor.summary import verdict
from formatting.monitor.tables import tables
from formatting.plain_fallback import plain
from formatting.table.slack import Style

NEWER = frozenset({"container", "table", "rich_text"})


def taken(message: Message) -> None:
    """Raises when the sandbox's Slack refuses a message, or its plain form where newer blocks are refused."""
    check_message(list(message.blocks), [])
    check_message(list(plain(message, NEWER).blocks), [], refused=NEWER)


@pytest.mark.parametrize("state", CARDS)
def test_the_sandbox_takes_every_card(state: str) -> None:
    """Two readings of Slack's rules agree on the messages of a launch."""
    taken(card(CARDS[state], NOW))
    taken(closing_reply(CARDS[state]))


@pytest.mark.parametrize("style", Style)
def test_the_sandbox_takes_every_reply(style: Style) -> None:
    """Two readings of Slack's rules agree on the messages of a scan."""
    for scan in (BUSY, DENIED):
        taken(verdict(scan, NOW))
        for table in tables(scan, NOW):
            taken(section_message(table, scan, style))


def test_the_sandbox_takes_the_home_tab() -> None:
    """The App Home is a view, which has other limits than a message."""
    board = home(tuple(CARDS.values()), NOW, "U01ANA")

    check_view({"type": "home", "blocks": list(board.blocks)})
