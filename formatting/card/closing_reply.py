"""The closing reply of a launch: a mention of the launcher, the outcome, and links."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bot.models.launch import Curve, FailureKind, Launch, Verdict
from formatting import icons
from formatting.card.endings import metrics
from formatting.card.failure import cause_lines, cause_mrkdwn, failure_sentence
from formatting.message import Message
from formatting.slack.action_ids import open_page_id
from formatting.slack.blocks import actions, link_button, section
from formatting.slack.text import code, link, one_line, prose, sentence, user
from formatting.times import duration, seconds_between

_SPARKS = "▁▂▃▄▅▆▇█"
_SENTENCE = 600


def closing_reply(launch: Launch) -> Message:
    """Return the closing reply: duration, up to five metrics and the run, or the diagnosis.

    It mentions the launcher.
    """
    who = user(launch.user_id, launch.user_name)
    lines = [
        f"{icons.icon(launch.verdict)} {who} {code(launch.name)} {_outcome(launch)}",
        *_metrics_and_run(launch),
    ]
    failure = launch.failure
    cause = cause_mrkdwn(failure) if failure else ""
    plain = [
        f"{icons.icon(launch.verdict)} {who} {prose(launch.name)} {_outcome(launch)}",
        *_metrics_and_run(launch),
    ]
    plain += [prose(line, _SENTENCE) for line in cause_lines(failure)] if failure else []
    links = [
        *link_button("Open run", open_page_id("run"), launch.run_url),
        *link_button("Open job", open_page_id("job"), launch.job.url if launch.job else ""),
        *link_button("Open log", open_page_id("log"), failure.log_url if failure else ""),
    ]
    mrkdwn = "\n".join(part for part in (*lines, cause) if part)
    return Message(text="\n".join(plain), blocks=(section(mrkdwn), *actions(links)))


def late_job_reply(launch: Launch) -> Message:
    """Return the reply for a job that appeared after the wait had timed out. It mentions the launcher."""
    job = launch.job
    waited = seconds_between(launch.queued, job.first_seen) if job else None
    after = f" after {duration(waited)}" if waited is not None else ""
    who = user(launch.user_id, launch.user_name)
    text = f"{icons.icon(launch.verdict)} {who} the job of {code(launch.name)} has appeared{after}."
    return Message(text=text, blocks=(section(text),))


def _outcome(launch: Launch) -> str:
    """Return the outcome as the end of a sentence that starts with the launch's name; escaped."""
    job = launch.job
    run_time = seconds_between(job.started or job.created, job.ended) if job else None
    after = f" after {duration(run_time)}" if run_time is not None else ""
    match launch.verdict:
        case Verdict.SUCCEEDED:
            return f"succeeded{after}."
        case Verdict.FAILED:
            failed = failure_sentence(launch.failure) if launch.failure else ""
            return f"{_failure_verb(launch)}{after}. {prose(failed, _SENTENCE)}".rstrip()
        case Verdict.CANCELLED:
            by = f"by {user(launch.cancel_by)}" if launch.cancel_by else "outside this bot"
            return f"was cancelled {by}{after}."
        case Verdict.LOST:
            return "was lost track of. Look at its job and its run, or type /monitor."
        case _:
            return f"is {icons.state_text(launch.verdict)}."


def _failure_verb(launch: Launch) -> str:
    kind = launch.failure.kind if launch.failure else None
    words = {FailureKind.NOT_STARTED: "was not started", FailureKind.QUEUE_EXPIRED: "expired in the queue"}
    return words.get(kind, "failed") if kind else "failed"


def _metrics_and_run(launch: Launch) -> list[str]:
    """Return one line with the metrics and the run, if the launch has them; escaped."""
    pairs = " · ".join(prose(part) for part in metrics(launch.metrics))
    run = f"Run: {link(launch.run_url, launch.launch_id)}." if launch.run_url else ""
    line = " ".join(part for part in (sentence(pairs), run) if part)
    return [line] if line else []


def curve_line(curve: Curve) -> str:
    """Return a curve as one plain line: its name, a sparkline, and the first and the last value."""
    first, last = curve.points[0][1], curve.points[-1][1]
    bars = sparkline([value for _, value in curve.points])
    return f"{one_line(curve.key)} {bars} {first:.4g} to {last:.4g}"


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """Return the values as a sparkline of at most `width` bars. Infinite and NaN values are skipped."""
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
