"""The App Home: running and queued launches, failures of the last day, and the user's own launches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.models.cloud import JobState
from bot.models.launch import Launch, Verdict
from bot.models.scan import Scan
from formatting.launch_list import in_flight, lines
from formatting.message import Message
from formatting.monitor.summary import activity_line, unanswered_line
from formatting.slack.action_ids import HOME_REFRESH
from formatting.slack.blocks import Block, actions, button, context, plain_text, section
from formatting.slack.text import count, escape, prose
from formatting.times import aware, clock, date_in_text

_TITLE = 150
_MOST = 20
_UNANSWERED = 1_500
_DAY = timedelta(days=1)


def home(launches: Sequence[Launch], now: datetime, user_id: str, scan: Scan | None = None) -> Message:
    """Return the App Home from recent launches, newest first, in at most 100 blocks.

    `text` is a one-line summary. `scan` shows what is active in the whole project, whoever started it; None
    while the scan is running.
    """
    active = [launch for launch in launches if in_flight(launch)]
    running = [launch for launch in active if _is_running(launch)]
    queued = [launch for launch in active if not _is_running(launch)]
    failed = [launch for launch in launches if _failed_today(launch, now)]
    mine = [launch for launch in launches if launch.user_id == user_id]
    text = f"{len(running)} running, {len(queued)} queued or starting, {len(failed)} failed today."
    blocks = (
        {"type": "header", "text": plain_text("Launches", _TITLE)},
        section(f"*Launched here:* {text}\n*In the project:* {_project_activity(scan)}"),
        *_unanswered(scan),
        *actions([button("Refresh", HOME_REFRESH)]),
        *_group("Running", running, "Nothing is running.", now),
        *_group("Queued or starting", queued, "Nothing is queued or starting.", now),
        *_group("Failed in the last day", failed, "Nothing failed in the last day.", now),
        *_group("Mine", mine, "You have launched nothing lately. Type /launch to begin.", now),
        context(f"As of {date_in_text(now)}. Type /monitor for runners, builds, jobs and runs."),
    )
    return Message(text=f"{text} As of {clock(now)}.", blocks=blocks)


def _project_activity(scan: Scan | None) -> str:
    """Return what is active in the project, escaped."""
    return "asking all regions..." if scan is None else escape(activity_line(scan))


def _unanswered(scan: Scan | None) -> list[Block]:
    """Return the services and regions that did not answer."""
    line = unanswered_line(scan) if scan is not None else ""
    return [context(prose(line, _UNANSWERED))] if line else []


def _is_running(launch: Launch) -> bool:
    return launch.job is not None and launch.job.state is JobState.RUNNING


def _failed_today(launch: Launch, now: datetime) -> bool:
    ended = launch.ended
    return launch.verdict is Verdict.FAILED and ended is not None and aware(ended) > aware(now) - _DAY


def _group(title: str, launches: Sequence[Launch], empty_text: str, now: datetime) -> list[Block]:
    rows = lines(launches, now, most=_MOST) if launches else [section(empty_text)]
    launch_count = f" ({count(len(launches), 'launch', 'launches')})" if launches else ""
    return [section(f"*{title}*{launch_count}"), *rows]
