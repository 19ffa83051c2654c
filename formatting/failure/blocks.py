"""The failures beneath a table: words in plain sight, each log around its cause folded, within one room."""

from __future__ import annotations

from collections.abc import Sequence

from formatting.failure.log_excerpt import folded
from formatting.failure.note import advice
from formatting.failure.view import MOST, FailureView, block_text, error_text, facts_text
from formatting.message import Message
from formatting.slack import limits
from formatting.slack.action_ids import LOG_FILE, LOG_LESS, LOG_MORE, join_ids, opening
from formatting.slack.blocks import Block, actions, button, characters, context, link_button, section
from formatting.slack.text import count, escape_within, fence, prose

LINES = 101  # 20 before the cause, the cause, 80 after
MOST_LINES = 800
_ADVICE = 600
_SPARE = 200  # left free, as Slack may count in its own way


def failure_blocks(views: Sequence[FailureView], *, room: int, lines: int = LINES) -> list[Block]:
    """Return the failures in `room` characters: every one's words first, then an equal share for each log.

    `lines` is the most that is shown of one log. Failures past the first five, and those whose words do
    not fit, are counted only: the table has their causes in a few words, and Why? tells the rest.
    """
    room -= _SPARE
    told: list[tuple[FailureView, Block, list[Block]]] = []
    for view in views[:MOST]:
        words, row = _words(view), _buttons(view, lines)
        room -= characters([words, row])
        if room < 0:
            break
        told.append((view, words, row))
    share = room // max(sum(1 for view, _, _ in told if _has_log(view)), 1)
    made = [
        block for view, words, row in told for block in (words, *_log(view, row, room=share, lines=lines))
    ]
    left = len(views) - len(told)
    return (
        [*made, context(f"And {count(left, 'more failure')}: choose Why? under the table.")] if left else made
    )


def _has_log(view: FailureView) -> bool:
    return view.diagnosis is not None and bool(view.diagnosis.context)


def _log(view: FailureView, buttons: list[Block], *, room: int, lines: int) -> list[Block]:
    if view.diagnosis is None:
        return actions(buttons)
    return folded(view.diagnosis, room=room, most=lines, buttons=buttons)


def failure_message(view: FailureView, *, lines: int = LINES) -> Message:
    """One failure alone, with all of a message's room for its log."""
    words = [block_text(view), advice(view.diagnosis)]
    text = escape_within("\n".join(part for part in words if part), limits.MESSAGE_TEXT)
    return Message(text=text, blocks=tuple(failure_blocks([view], room=limits.ALL_BLOCKS_TEXT, lines=lines)))


def _words(view: FailureView) -> Block:
    """Return the facts aligned; error and advice outside the fence, where a phone breaks their lines."""
    said = advice(view.diagnosis)
    todo = f"\n*What to do:* {prose(said, _ADVICE)}" if said else ""
    error = prose(error_text(view), _ADVICE)
    return section(f"{fence(facts_text(view), limits.FENCE_TEXT - 2 * _ADVICE)}\n{error}{todo}")


def _buttons(view: FailureView, lines: int) -> list[Block]:
    ids = (view.section.value, view.region, view.row_id)
    made: list[Block] = []
    if _has_log(view):
        if lines < MOST_LINES:
            made.append(button("More context", LOG_MORE, join_ids(*ids, str(min(lines * 2, MOST_LINES)))))
        if lines > LINES:
            made.append(button("Less", LOG_LESS, join_ids(*ids, str(max(lines // 2, LINES)))))
    if view.diagnosis is not None and view.logged:
        made.append(button("Full log", LOG_FILE, join_ids(*ids)))
    return [*made, *link_button("Open log", opening("log"), view.log_url)]
