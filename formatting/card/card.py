"""The card: the message that shows a launch and its current state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from bot.models.launch import FailureKind, Launch, Verdict
from formatting import icons
from formatting.card import art
from formatting.card.buttons import buttons, is_cancellable
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
        Verdict.LOST: "Lost track of",
        Verdict.REFUSED: "Refused:",
    },
)
_FAILURES: Mapping[FailureKind, str] = MappingProxyType(
    {FailureKind.NOT_STARTED: "Not started:", FailureKind.QUEUE_EXPIRED: "Expired in the queue:"}
)
_OVERRIDES = 300


def card(launch: Launch, now: datetime) -> Message:
    """Return the card as of `now`; its `text` has the same content in at most 4,000 characters."""
    step_lines = "\n".join(step.mrkdwn() for step in steps(launch, now))
    blocks = [
        section(f"{icons.icon(launch.verdict)} *{_verdict_heading(launch)}* {code(launch.name)}"),
        context(_request_line(launch), *(prose(line) for line in _cost(launch))),
        *([section(step_lines)] if step_lines else []),
        *_remark_blocks(launch),
        *ending(launch).blocks,
        *_headline_blocks(launch),
        *actions(buttons(launch)),
    ]
    text = escape_within("\n".join(card_lines(launch, now)).replace("```", "'''"), limits.MESSAGE_TEXT)
    return Message(text=text, blocks=tuple(blocks))


def card_lines(launch: Launch, now: datetime) -> tuple[str, ...]:
    """Return the card in plain lines, not escaped, for terminals and clients that cannot show blocks."""
    verdict = f"{icons.icon(launch.verdict)} {_verdict_heading(launch)}"
    return (
        f"{verdict} {one_line(launch.name)} (launch {one_line(launch.launch_id)})",
        *_cost(launch),
        *(step.plain() for step in steps(launch, now)),
        *((_retrying(launch),) if launch.trouble else ()),
        *ending(launch).lines,
        *((curve_line(launch.curve),) if launch.curve is not None else ()),
    )


def _verdict_heading(launch: Launch) -> str:
    """Return the first words of the card, which state the verdict."""
    if launch.verdict is Verdict.FAILED and launch.failure is not None:
        return _FAILURES.get(launch.failure.kind, _HEADLINES[Verdict.FAILED])
    return _HEADLINES[launch.verdict]


def _headline_blocks(launch: Launch) -> list[Block]:
    """Return the job's headline for verdicts that do not show the art.

    A card that once showed the art must keep a rich_text block. Otherwise Slack refuses the edit with
    block_mismatch (https://docs.slack.dev/reference/methods/chat.update).
    """
    shown = launch.job is not None and launch.verdict not in (Verdict.SUBMITTED, Verdict.SUCCEEDED)
    return [preformatted(art.headline(launch.job).strip())] if launch.job is not None and shown else []


def _request_line(launch: Launch) -> str:
    """Return one line with the launcher, preset, overrides, region, creation time and launch id."""
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
    """Return the cost line; nothing if the launch ended without a job."""
    no_job = launch.job is None and launch.verdict in (Verdict.FAILED, Verdict.CANCELLED, Verdict.REFUSED)
    return () if launch.cost is None or no_job else (f"Cost: {cost_words(launch.cost)}",)


def _remark_blocks(launch: Launch) -> list[Block]:
    """Return the last error, if the launch is being retried, and who requested a cancel."""
    lines = [prose(_retrying(launch), 500)] if launch.trouble else []
    if launch.cancel_asked is not None and is_cancellable(launch.verdict):
        lines.append(f"{icons.STOPPED} Cancelling, asked by {user(launch.cancel_by)}.")
    return [context(*lines)] if lines else []


def _retrying(launch: Launch) -> str:
    return sentence(f"↻ Retrying, last error: {one_line(launch.trouble)}")
