"""A workspace that refuses a newer block gets the same facts in older ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from look_samples import BUSY, DIAGNOSIS, FAILED, NOW, SUBMITTED
from slack_rules import spoken

from bot.models.scan import Section
from formatting.card.art import ART
from formatting.card.card import card
from formatting.failure.blocks import LINES, failure_message
from formatting.failure.log_excerpt import MARK
from formatting.failure.view import failure_views
from formatting.monitor.reply import section_message
from formatting.monitor.tables import tables
from formatting.plain_fallback import plain
from formatting.table.slack import Style


def kinds(blocks: tuple[dict[str, object], ...]) -> list[object]:
    """The types of the blocks."""
    return [block["type"] for block in blocks]


def test_nothing_is_changed_without_a_refusal() -> None:
    """A workspace that takes everything gets everything."""
    message = card(FAILED, NOW)

    assert plain(message, frozenset()) == message


def test_a_refused_container_leaves_its_cause() -> None:
    """The marked line and the buttons stay in sight, and what is left out is said to be."""
    context = tuple(f"line {number} {'x' * 60}" for number in range(101))
    failure = replace(FAILED.failure, diagnosis=replace(DIAGNOSIS, context=context, context_root=70))  # type: ignore[type-var]  # it has one
    message = plain(card(replace(FAILED, failure=failure), NOW), frozenset({"container"}))
    shown = "\n".join(spoken(message.blocks))

    assert "container" not in kinds(message.blocks)
    assert f"{MARK}line 70" in shown
    assert "Full log" in shown
    assert "Shortened here; the full log has the rest." in shown


def test_a_refused_table_becomes_rows_in_a_fence() -> None:
    """Every row that was in the table is still there, in its order."""
    table = next(one for one in tables(BUSY, NOW) if one.section is Section.JOBS)
    message = section_message(table, BUSY, Style.NATIVE)
    without = plain(message, frozenset({"table"}))
    shown = "\n".join(spoken(without.blocks))

    assert "table" in kinds(message.blocks)
    assert "table" not in kinds(without.blocks)
    assert [shown.index(name) for name in ("5511", "5510", "5509")] == sorted(
        shown.index(name) for name in ("5511", "5510", "5509")
    )


def test_refused_rich_text_keeps_the_art() -> None:
    """The art is shown even where rich text is not."""
    message = plain(card(SUBMITTED, NOW), frozenset({"rich_text"}))

    assert any(ART in text for text in spoken(message.blocks))


@pytest.mark.parametrize("lines", [LINES, 2 * LINES])
def test_more_context_shows_more_lines(lines: int) -> None:
    """More context is more lines of the same log, as far as one message holds, and Less undoes it."""
    context = tuple(f"line {number}" for number in range(400))
    found = tuple(
        replace(one, finding=replace(DIAGNOSIS, context=context, context_root=200)) for one in BUSY.found[:1]
    )
    view = failure_views(replace(BUSY, found=found), Section.RUNNERS)[0]
    message = failure_message(view, lines=lines)
    shown = "\n".join(spoken(message.blocks)).count("line ")
    buttons = [text for text in spoken(message.blocks) if text in ("More context", "Less", "Full log")]

    assert shown == lines
    assert buttons == ["More context", *(["Less"] if lines > LINES else []), "Full log"]
