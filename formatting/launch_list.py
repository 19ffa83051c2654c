"""Lists of launches for `/launch status`, the App Home and the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.models.launch import Launch, Verdict
from formatting import icons
from formatting.message import Message
from formatting.slack.blocks import Block, context, section
from formatting.slack.text import code, count, link, safe_url, user
from formatting.times import ago

_IN_FLIGHT = frozenset({Verdict.OPEN, Verdict.SUBMITTED, Verdict.TIMED_OUT})
# Fifteen lines of at most 200 characters fit one section.
_SECTION_LINES = 12
MOST = 30


def in_flight(launch: Launch) -> bool:
    """Return True if the launch has no outcome yet."""
    return launch.verdict in _IN_FLIGHT


def state_with_icon(launch: Launch) -> str:
    """Return the launch's state with its icon; for a submitted launch, its job's state."""
    if launch.verdict is Verdict.SUBMITTED and launch.job is not None:
        return f"{icons.icon(launch.job.state)} job {icons.state_text(launch.job.state)}"
    text = {Verdict.OPEN: "on its way", Verdict.TIMED_OUT: "no job yet"}.get(launch.verdict)
    return f"{icons.icon(launch.verdict)} {text or icons.state_text(launch.verdict)}"


def line(launch: Launch, now: datetime) -> str:
    """Return one launch as a line of mrkdwn, escaped, linked to its card."""
    card = launch.card.url if launch.card else ""
    named = link(card, launch.name, 60) if safe_url(card) else code(launch.name, 60)
    launcher = user(launch.user_id, launch.user_name)
    parts = (state_with_icon(launch), named, code(launch.launch_id, 20), launcher, ago(launch.created, now))
    return " · ".join(parts)


def lines(launches: Sequence[Launch], now: datetime, *, most: int = MOST) -> list[Block]:
    """Return sections with at most `most` launches, and the number of launches left out."""
    shown = [line(launch, now) for launch in launches[:most]]
    sections = [
        section("\n".join(shown[start : start + _SECTION_LINES]))
        for start in range(0, len(shown), _SECTION_LINES)
    ]
    hidden = len(launches) - len(shown)
    return (
        [*sections, context(f"And {count(hidden, 'more launch', 'more launches')}.")]
        if hidden > 0
        else sections
    )


def status(launches: Sequence[Launch], now: datetime, user_id: str) -> Message:
    """Return the answer to `/launch status`: active launches and those of the last day, the user's first."""
    if not launches:
        text = "No launches in flight and none in the last day."
        return Message(text=text, blocks=(section(text),))
    own_first = sorted(launches, key=lambda launch: launch.user_id != user_id)
    active = [launch for launch in own_first if in_flight(launch)]
    ended = [launch for launch in own_first if not in_flight(launch)]
    head = f"{count(len(active), 'launch', 'launches')} in flight, {len(ended)} ended in the last day."
    blocks = [section(head), *lines(active, now), *([context("Ended")] if ended else []), *lines(ended, now)]
    return Message(text=head, blocks=tuple(blocks))
