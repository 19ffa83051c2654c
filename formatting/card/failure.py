"""The failure part of a card: what failed, the cause, the advice, and the log around the cause."""

from __future__ import annotations

import re

from bot.models.launch import Failure, Launch
from formatting.failure.log_excerpt import log_container
from formatting.failure.note import READING, advice, stripped_error, summary
from formatting.slack import limits
from formatting.slack.action_ids import LOG_FILE, OF_LAUNCH, join_ids
from formatting.slack.blocks import Block, button, context, section
from formatting.slack.text import bold, one_line, prose, sentence

# Characters of a message that are reserved for the rest of the card.
_RESERVED = 5_000
_LINES = 101  # 20 before the cause, the cause, 80 after
_TEXT = 600
# Two texts whose first characters are equal, up to this many, are treated as the same error.
_SAME_PREFIX = 80
# Platform messages that only point to the log.
_ONLY_POINTS_TO_LOG = re.compile(
    r"\b(?:check|see|view) the logs?\b|\bexited with a non-zero status\b|\bcontainer exited with an error\b",
    re.IGNORECASE,
)


def failure_sentence(failure: Failure) -> str:
    """Return what failed, as a sentence.

    The platform's message is left out if it only points to the log, or if the cause says the same.
    """
    text = one_line(failure.sentence)
    head, colon, detail = text.partition(": ")
    cause = summary(failure.diagnosis)
    if (
        colon
        and cause
        and (
            _ONLY_POINTS_TO_LOG.search(detail)
            or _is_same_error(stripped_error(detail), stripped_error(cause))
        )
    ):
        return sentence(head)
    return sentence(text.rstrip(". "))


def _is_same_error(one: str, other: str) -> bool:
    """Return True if one text is a prefix of the other: either may have been cut."""
    return bool(one and other) and (
        one.startswith(other[:_SAME_PREFIX]) or other.startswith(one[:_SAME_PREFIX])
    )


def failure_lines(launch: Launch) -> tuple[str, ...]:
    """Return the failure in plain lines, not escaped."""
    failure = launch.failure
    if failure is None:
        return ()
    lines = (failure_sentence(failure), *cause_lines(failure), *_log_lines(failure))
    return tuple(line for line in lines if line)


def cause_lines(failure: Failure) -> tuple[str, ...]:
    """Return the cause and the advice, one plain line each, if known."""
    cause, next_step = summary(failure.diagnosis), advice(failure.diagnosis)
    return tuple(
        f"{label}: {line}" for label, line in (("Cause", sentence(cause)), ("What to do", next_step)) if line
    )


def cause_mrkdwn(failure: Failure) -> str:
    """Return the cause and the advice as mrkdwn lines with bold labels; empty when neither is known."""
    labelled = (line.split(": ", 1) for line in cause_lines(failure))
    return "\n".join(f"*{label}:* {prose(text, _TEXT)}" for label, text in labelled)


def _log_lines(failure: Failure) -> tuple[str, ...]:
    if failure.reading:
        return (READING.capitalize(),)
    return (sentence(one_line(failure.unread)),) if failure.unread else ()


def failure_blocks(launch: Launch) -> tuple[Block, ...]:
    """Return the failure as blocks: the text, then the log around the cause in a collapsed container."""
    failure = launch.failure
    if failure is None:
        return ()
    text = "\n".join(part for part in (bold(failure_sentence(failure), _TEXT), cause_mrkdwn(failure)) if part)
    notes = [prose(line, _TEXT) for line in _log_lines(failure)]
    return (section(text), *([context(*notes)] if notes else []), *_log(launch, failure))


def _log(launch: Launch, failure: Failure) -> list[Block]:
    if failure.diagnosis is None or not failure.diagnosis.context:
        return []
    value = join_ids(OF_LAUNCH, launch.region, launch.launch_id)
    full = button("Full log", LOG_FILE, value)
    return log_container(
        failure.diagnosis, room=limits.ALL_BLOCKS_TEXT - _RESERVED, most=_LINES, buttons=[full]
    )
