"""The failures below a table: facts, error and advice of each, and its log in a collapsed container."""

from __future__ import annotations

from collections.abc import Sequence

from formatting.failure.log_excerpt import log_container
from formatting.failure.note import advice
from formatting.failure.view import MOST, FailureView, block_text, error_text, facts_text
from formatting.message import Message
from formatting.slack import limits
from formatting.slack.action_ids import LOG_FILE, LOG_LESS, LOG_MORE, join_ids, open_page_id
from formatting.slack.blocks import Block, actions, button, characters, context, link_button, section
from formatting.slack.text import count, escape_within, fence, prose

LINES = 101  # 20 before the cause, the cause, 80 after
MOST_LINES = 800
_ADVICE = 600
_SPARE = 200  # reserve, as Slack may count characters differently


def failure_blocks(views: Sequence[FailureView], *, room: int, lines: int = LINES) -> list[Block]:
    """Return the failures in at most `room` characters.

    The texts of all failures are placed first; the logs share the remaining characters equally. `lines` is
    the maximum number of lines of one log. Failures past the first five, and those whose text does not
    fit, are only counted: the table has their causes in short, and Why? shows the rest.
    """
    room -= _SPARE
    placed: list[tuple[FailureView, Block, list[Block]]] = []
    for view in views[:MOST]:
        text_block, button_row = _text_block(view), _buttons(view, lines)
        room -= characters([text_block, button_row])
        if room < 0:
            break
        placed.append((view, text_block, button_row))
    share = room // max(sum(1 for view, _, _ in placed if _has_log(view)), 1)
    blocks = [
        block
        for view, text_block, button_row in placed
        for block in (text_block, *_log(view, button_row, room=share, lines=lines))
    ]
    not_shown = len(views) - len(placed)
    return (
        [*blocks, context(f"And {count(not_shown, 'more failure')}: choose Why? under the table.")]
        if not_shown
        else blocks
    )


def _has_log(view: FailureView) -> bool:
    return view.diagnosis is not None and bool(view.diagnosis.context)


def _log(view: FailureView, buttons: list[Block], *, room: int, lines: int) -> list[Block]:
    if view.diagnosis is None:
        return actions(buttons)
    return log_container(view.diagnosis, room=room, most=lines, buttons=buttons)


def failure_message(view: FailureView, *, lines: int = LINES) -> Message:
    """Return a message with one failure, whose log may use all remaining characters."""
    text_block = [block_text(view), advice(view.diagnosis)]
    text = escape_within("\n".join(part for part in text_block if part), limits.MESSAGE_TEXT)
    return Message(text=text, blocks=tuple(failure_blocks([view], room=limits.ALL_BLOCKS_TEXT, lines=lines)))


def _text_block(view: FailureView) -> Block:
    """Return the facts in a code fence, then error and advice outside it, where phones wrap lines."""
    advice_text = advice(view.diagnosis)
    next_step = f"\n*What to do:* {prose(advice_text, _ADVICE)}" if advice_text else ""
    error = prose(error_text(view), _ADVICE)
    return section(f"{fence(facts_text(view), limits.FENCE_TEXT - 2 * _ADVICE)}\n{error}{next_step}")


def _buttons(view: FailureView, lines: int) -> list[Block]:
    ids = (view.section.value, view.region, view.row_id)
    elements: list[Block] = []
    if _has_log(view):
        if lines < MOST_LINES:
            elements.append(button("More context", LOG_MORE, join_ids(*ids, str(min(lines * 2, MOST_LINES)))))
        if lines > LINES:
            elements.append(button("Less", LOG_LESS, join_ids(*ids, str(max(lines // 2, LINES)))))
    if view.diagnosis is not None and view.logged:
        elements.append(button("Full log", LOG_FILE, join_ids(*ids)))
    return [*elements, *link_button("Open log", open_page_id("log"), view.log_url)]
