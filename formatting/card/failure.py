"""A failed launch on its card: what failed, the cause, the advice, and the log around the cause."""

from __future__ import annotations

import re

from bot.models.launch import Failure, Launch
from formatting.failure.log_excerpt import folded
from formatting.failure.note import READING, advice, bare, summary
from formatting.slack import limits
from formatting.slack.action_ids import LOG_FILE, OF_LAUNCH, join_ids
from formatting.slack.blocks import Block, button, context, section
from formatting.slack.text import bold, one_line, prose, sentence

# What the rest of a card may take of a message's characters.
_REST = 5_000
_LINES = 101  # 20 before the cause, the cause, 80 after
_WORDS = 600
# Two texts that begin with so many equal characters are the same error.
_ALIKE = 80
# A platform's words that say nothing but where to look.
_POINTS_TO_LOG = re.compile(
    r"\b(?:check|see|view) the logs?\b|\bexited with a non-zero status\b|\bcontainer exited with an error\b",
    re.IGNORECASE,
)


def told_once(failure: Failure) -> str:
    """Return what failed, as a sentence; without the platform's own words when the cause says them, or more."""
    said = one_line(failure.sentence)
    head, colon, told = said.partition(": ")
    cause = summary(failure.diagnosis)
    if colon and cause and (_POINTS_TO_LOG.search(told) or _same(bare(told), bare(cause))):
        return sentence(head)
    return sentence(said.rstrip(". "))


def _same(one: str, other: str) -> bool:
    """Whether one is the beginning of the other: either may have been cut."""
    return bool(one and other) and (one.startswith(other[:_ALIKE]) or other.startswith(one[:_ALIKE]))


def failure_lines(launch: Launch) -> tuple[str, ...]:
    """Return the failure in plain lines, not escaped."""
    failure = launch.failure
    if failure is None:
        return ()
    said = (told_once(failure), *cause_lines(failure), *_log_lines(failure))
    return tuple(line for line in said if line)


def cause_lines(failure: Failure) -> tuple[str, ...]:
    """Return the cause and the advice, a plain line each; what is not known is left out."""
    cause, todo = summary(failure.diagnosis), advice(failure.diagnosis)
    return tuple(
        f"{word}: {line}" for word, line in (("Cause", sentence(cause)), ("What to do", todo)) if line
    )


def cause_mrkdwn(failure: Failure) -> str:
    """Return the cause and the advice as mrkdwn lines, their leading words bold; empty when nothing is known."""
    named = (line.split(": ", 1) for line in cause_lines(failure))
    return "\n".join(f"*{word}:* {prose(said, _WORDS)}" for word, said in named)


def _log_lines(failure: Failure) -> tuple[str, ...]:
    if failure.reading:
        return (READING.capitalize(),)
    return (sentence(one_line(failure.unread)),) if failure.unread else ()


def failure_blocks(launch: Launch) -> tuple[Block, ...]:
    """Return the failure as blocks: words in plain sight, then the log around the cause, folded."""
    failure = launch.failure
    if failure is None:
        return ()
    words = "\n".join(part for part in (bold(told_once(failure), _WORDS), cause_mrkdwn(failure)) if part)
    notes = [prose(line, _WORDS) for line in _log_lines(failure)]
    return (section(words), *([context(*notes)] if notes else []), *_log(launch, failure))


def _log(launch: Launch, failure: Failure) -> list[Block]:
    if failure.diagnosis is None or not failure.diagnosis.context:
        return []
    value = join_ids(OF_LAUNCH, launch.region, launch.launch_id)
    full = button("Full log", LOG_FILE, value)
    return folded(failure.diagnosis, room=limits.ALL_BLOCKS_TEXT - _REST, most=_LINES, buttons=[full])
