"""The closing reply of a launch: who asked, how it ended, and where to look."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bot.models.launch import Curve, FailureKind, Launch, Verdict
from formatting import icons
from formatting.card.endings import metrics
from formatting.card.failure import cause_lines, cause_mrkdwn, told_once
from formatting.message import Message
from formatting.slack.action_ids import opening
from formatting.slack.blocks import actions, link_button, section
from formatting.slack.text import code, link, one_line, prose, sentence, user
from formatting.times import duration, seconds_between

_SPARKS = "▁▂▃▄▅▆▇█"
_SENTENCE = 600


def closing(launch: Launch) -> Message:
    """One reply that mentions the launcher: duration, up to five metrics and the run, or the diagnosis."""
    who = user(launch.user_id, launch.user_name)
    lines = [f"{icons.glyph(launch.verdict)} {who} {code(launch.name)} {_ended(launch)}", *_more(launch)]
    failure = launch.failure
    cause = cause_mrkdwn(failure) if failure else ""
    plain = [f"{icons.glyph(launch.verdict)} {who} {prose(launch.name)} {_ended(launch)}", *_more(launch)]
    plain += [prose(line, _SENTENCE) for line in cause_lines(failure)] if failure else []
    links = [
        *link_button("Open run", opening("run"), launch.run_url),
        *link_button("Open job", opening("job"), launch.job.url if launch.job else ""),
        *link_button("Open log", opening("log"), failure.log_url if failure else ""),
    ]
    said = "\n".join(part for part in (*lines, cause) if part)
    return Message(text="\n".join(plain), blocks=(section(said), *actions(links)))


def appeared(launch: Launch) -> Message:
    """Return a reply that the job has come although the wait for it was over; mentions the launcher."""
    job = launch.job
    waited = seconds_between(launch.queued, job.first_seen) if job else None
    after = f" after {duration(waited)}" if waited is not None else ""
    who = user(launch.user_id, launch.user_name)
    text = f"{icons.glyph(launch.verdict)} {who} the job of {code(launch.name)} has appeared{after}."
    return Message(text=text, blocks=(section(text),))


def _ended(launch: Launch) -> str:
    """How it ended, as the rest of a sentence that began with its name; escaped."""
    job = launch.job
    lasted = seconds_between(job.started or job.created, job.ended) if job else None
    after = f" after {duration(lasted)}" if lasted is not None else ""
    match launch.verdict:
        case Verdict.SUCCEEDED:
            return f"succeeded{after}."
        case Verdict.FAILED:
            said = told_once(launch.failure) if launch.failure else ""
            return f"{_failed(launch)}{after}. {prose(said, _SENTENCE)}".rstrip()
        case Verdict.CANCELLED:
            by = f"by {user(launch.cancel_by)}" if launch.cancel_by else "outside this bot"
            return f"was cancelled {by}{after}."
        case Verdict.LOST:
            return "was lost sight of. Look at its job and its run, or type /monitor."
        case _:
            return f"is {icons.words(launch.verdict)}."


def _failed(launch: Launch) -> str:
    kind = launch.failure.kind if launch.failure else None
    words = {FailureKind.NOT_STARTED: "was not started", FailureKind.QUEUE_EXPIRED: "expired in the queue"}
    return words.get(kind, "failed") if kind else "failed"


def _more(launch: Launch) -> list[str]:
    """Return the metrics and the run in one line, for a launch that has them; escaped."""
    pairs = " · ".join(prose(part) for part in metrics(launch.metrics))
    run = f"Run: {link(launch.run_url, launch.launch_id)}." if launch.run_url else ""
    line = " ".join(part for part in (sentence(pairs), run) if part)
    return [line] if line else []


def curve_line(curve: Curve) -> str:
    """Return a curve as one plain line: its name, a bar for each part, and the first and the last value."""
    first, last = curve.points[0][1], curve.points[-1][1]
    bars = sparkline([value for _, value in curve.points])
    return f"{one_line(curve.key)} {bars} {first:.4g} to {last:.4g}"


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """Return the values as one line of at most `width` bars, low to high; what is no number is left out."""
    numbers = [value for value in values if math.isfinite(value)]
    if not numbers or width < 1:
        return ""
    if len(numbers) > width:
        numbers = [_mean(numbers, index, width) for index in range(width)]
    low, high = min(numbers), max(numbers)
    if low == high:
        return _SPARKS[0] * len(numbers)
    return "".join(_SPARKS[round((value / 2 - low / 2) / (high / 2 - low / 2) * 7)] for value in numbers)


def _mean(numbers: Sequence[float], index: int, width: int) -> float:
    part = numbers[index * len(numbers) // width : (index + 1) * len(numbers) // width]
    return math.fsum(value / len(part) for value in part)
