"""The card: the one message of a launch, in every state that it can be in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from bot.models.launch import FailureKind, Launch, Verdict
from formatting import icons
from formatting.card import art
from formatting.card.buttons import buttons, open_to_cancel
from formatting.card.closing_reply import curve_line
from formatting.card.endings import ending
from formatting.card.steps import steps
from formatting.cost import cost_words
from formatting.message import Message
from formatting.slack import limits
from formatting.slack.blocks import Block, actions, context, preformatted, section
from formatting.slack.text import code, escape_within, one_line, prose, sentence, user
from formatting.times import date_in_text

_HEADLINES: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.OPEN: "Launching",
        Verdict.SUBMITTED: "Submitted",
        Verdict.TIMED_OUT: "No job yet for",
        Verdict.SUCCEEDED: "Succeeded:",
        Verdict.FAILED: "Failed:",
        Verdict.CANCELLED: "Cancelled:",
        Verdict.LOST: "Lost sight of",
        Verdict.REFUSED: "Refused:",
    },
)
_FAILURES: Mapping[FailureKind, str] = MappingProxyType(
    {FailureKind.NOT_STARTED: "Not started:", FailureKind.QUEUE_EXPIRED: "Expired in the queue:"}
)
_OVERRIDES = 300


def card(launch: Launch, now: datetime) -> Message:
    """Return the card as it stands at `now`; its `text` says the same in plain lines, at most 4,000 characters."""
    done = "\n".join(step.mrkdwn() for step in steps(launch, now))
    blocks = [
        section(f"{icons.glyph(launch.verdict)} *{_heading(launch)}* {code(launch.name)}"),
        context(_asked(launch), *(prose(line) for line in _cost(launch))),
        *([section(done)] if done else []),
        *_remarks(launch),
        *ending(launch).blocks,
        *_headline(launch),
        *actions(buttons(launch)),
    ]
    said = escape_within("\n".join(card_lines(launch, now)).replace("```", "'''"), limits.MESSAGE_TEXT)
    return Message(text=said, blocks=tuple(blocks))


def card_lines(launch: Launch, now: datetime) -> tuple[str, ...]:
    """Return the card in plain lines, not escaped, for a terminal and for readers without blocks."""
    verdict = f"{icons.glyph(launch.verdict)} {_heading(launch)}"
    return (
        f"{verdict} {one_line(launch.name)} (launch {one_line(launch.launch_id)})",
        *_cost(launch),
        *(step.plain() for step in steps(launch, now)),
        *((_retrying(launch),) if launch.trouble else ()),
        *ending(launch).lines,
        *((curve_line(launch.curve),) if launch.curve is not None else ()),
    )


def _heading(launch: Launch) -> str:
    """Return the card's first words: how the launch stands or ended."""
    if launch.verdict is Verdict.FAILED and launch.failure is not None:
        return _FAILURES.get(launch.failure.kind, _HEADLINES[Verdict.FAILED])
    return _HEADLINES[launch.verdict]


def _headline(launch: Launch) -> list[Block]:
    """Return the job's headline, where the art is shown no more.

    A card that once showed the art must keep a block of its kind: Slack refuses the edit otherwise, with
    block_mismatch (https://docs.slack.dev/reference/methods/chat.update).
    """
    shown = launch.job is not None and launch.verdict not in (Verdict.SUBMITTED, Verdict.SUCCEEDED)
    return [preformatted(art.headline(launch.job).strip())] if launch.job is not None and shown else []


def _asked(launch: Launch) -> str:
    """By whom, what, where and when, in one grey line."""
    overrides = " ".join(f"{key}={value}" for key, value in launch.overrides)
    parts = (
        f"by {user(launch.user_id, launch.user_name)}",
        f"preset {code(launch.preset)}",
        code(overrides, _OVERRIDES) if overrides else "",
        prose(launch.region),
        date_in_text(launch.created),
        f"launch {code(launch.launch_id)}",
    )
    return " · ".join(part for part in parts if part)


def _cost(launch: Launch) -> tuple[str, ...]:
    """Return what it may cost, for as long as it may cost anything: nothing once it ended without a job."""
    no_job = launch.job is None and launch.verdict in (Verdict.FAILED, Verdict.CANCELLED, Verdict.REFUSED)
    return () if launch.cost is None or no_job else (f"Cost: {cost_words(launch.cost)}",)


def _remarks(launch: Launch) -> list[Block]:
    """Return what is in the way, and that a cancel was asked for."""
    lines = [prose(_retrying(launch), 500)] if launch.trouble else []
    if launch.cancel_asked is not None and open_to_cancel(launch.verdict):
        lines.append(f"{icons.STOPPED} Cancelling, asked by {user(launch.cancel_by)}.")
    return [context(*lines)] if lines else []


def _retrying(launch: Launch) -> str:
    return sentence(f"↻ Retrying, last error: {one_line(launch.trouble)}")
