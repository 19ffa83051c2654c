"""What people see, kept as files: a change of look is a change that a reviewer sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from look_samples import BUSY, CARDS, DENIED, EMPTY, NOW, STARTED, SUBMITTED, SUCCEEDED
from slack_rules import broken_rules

from formatting.card.art import ART, submitted
from formatting.card.card import card
from formatting.card.closing_reply import closing_reply
from formatting.message import Message
from formatting.monitor.reply import section_message
from formatting.monitor.summary import verdict
from formatting.monitor.tables import tables
from formatting.table.slack import Style
from formatting.table.text import text

Golden = Callable[[str, str], None]
SCANS = {"busy": BUSY, "empty": EMPTY, "denied": DENIED, "started": STARTED}


def shown(message: Message) -> str:
    """A message as a reviewer reads it: its plain text, then its blocks."""
    blocks = json.dumps(message.blocks, ensure_ascii=False, indent=1)
    return f"{message.text}\n--- blocks\n{blocks}\n"


def test_the_art_is_the_seed_s(golden: Golden) -> None:
    """The 3-6-9 art is shown letter for letter: it is the one thing that everybody knows of a launch."""
    assert SUBMITTED.job is not None
    golden("art.txt", submitted(SUBMITTED.job))

    assert submitted(SUBMITTED.job).startswith(
        "   ✓ JOB FOUND (age: 12s, state: JOB_STATE_RUNNING)\n\n" + ART
    )


@pytest.mark.parametrize("state", CARDS)
def test_a_card_in_every_state(state: str, golden: Golden) -> None:
    """Each state of a launch has its card, which Slack takes: none is left without words or buttons."""
    message = card(CARDS[state], NOW)
    golden(f"card_{state.replace(',', '').replace(' ', '_')}.txt", shown(message))

    assert broken_rules(message) == []


@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize("name", SCANS)
def test_the_six_tables_in_both_styles(name: str, style: Style, golden: Golden) -> None:
    """The six replies of a scan, with footers and failures, in the style that a workspace has chosen."""
    scan = SCANS[name]
    messages = [
        section_message(table, scan, style) for table in tables(scan, NOW, {"run5511": "g2-standard-8"})
    ]
    golden(f"tables_{name}_{style}.txt", "\n".join(shown(message) for message in messages))

    assert [rule for message in messages for rule in broken_rules(message)] == []


@pytest.mark.parametrize("name", SCANS)
def test_the_parent_message(name: str, golden: Golden) -> None:
    """One line says what runs, what failed and who did not answer, whatever came."""
    message = verdict(SCANS[name], NOW, console_url="https://console.cloud.google.com/?project=acme-ml")
    golden(f"verdict_{name}.txt", shown(message))

    assert broken_rules(message) == []


def test_the_tables_of_a_terminal(golden: Golden) -> None:
    """The terminal prints the same facts as Slack."""
    parts = [f"{table.heading}\n{text(table)}" for table in tables(BUSY, NOW)]
    golden("terminal.txt", "\n\n".join(parts) + "\n")

    assert len(parts) == 6


def test_the_closing_replies(golden: Golden) -> None:
    """The last word of a launch mentions who asked and says how it ended."""
    ends = ["succeeded", "job failed", "cancelled by ben", "cancelled outside", "lost"]
    ends += ["not started", "expired in the queue"]
    messages = [closing_reply(CARDS[end]) for end in ends]
    golden("closing.txt", "\n".join(shown(message) for message in messages))

    assert [rule for message in messages for rule in broken_rules(message)] == []
    assert all(message.text.startswith(("✓ <@U01ANA>", "✗ <@U01ANA>", "■ <@U01ANA>")) for message in messages)


def test_every_golden_file_is_used() -> None:
    """A golden file that nothing compares with would rot unseen."""
    folder = Path(__file__).parent / "golden"
    cards = {f"card_{state.replace(',', '').replace(' ', '_')}.txt" for state in CARDS}
    pages = {f"tables_{name}_{style}.txt" for name in SCANS for style in Style}
    verdicts = {f"verdict_{name}.txt" for name in SCANS}
    expected = cards | pages | verdicts | {"art.txt", "terminal.txt", "closing.txt"}

    assert expected == {file.name for file in folder.glob("*.txt")}
    assert SUCCEEDED.metrics
