"""The last part of a card: the art, the failure and its cause, the timeout hint, or who cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.models.cloud import QueueItemState
from bot.models.launch import Launch, Verdict
from formatting import icons
from formatting.card import art
from formatting.card.failure import failure_blocks, failure_lines
from formatting.slack.blocks import Block, context, preformatted, section
from formatting.slack.text import cut, escape, one_line, prose, sentence, user
from formatting.times import clock, duration, seconds_between

_SENTENCE = 600
_LOST = "No end was seen within the time that a launch is followed."
_LOOK = "Look at its job and its run, or type /monitor."


@dataclass(frozen=True, slots=True)
class CardEnding:
    """The last part of a card as plain lines, not escaped, and as blocks with the same content."""

    lines: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()


def ending(launch: Launch) -> CardEnding:
    """Return the part of the card that depends on the verdict; empty while the launch is in progress."""
    render = _ENDINGS.get(launch.verdict)
    return render(launch) if render else CardEnding()


def _failure_sentence(launch: Launch) -> str:
    return sentence(one_line(launch.failure.sentence)) if launch.failure else ""


def _paragraph(*sentences: str) -> CardEnding:
    lines = tuple(line for line in sentences if line)
    return CardEnding(lines, (section(" ".join(prose(line, _SENTENCE) for line in lines)),))


def _submitted(launch: Launch) -> CardEnding:
    if launch.job is None:
        return CardEnding()
    result = result_line(launch)
    art_text = art.submitted(launch.job)
    result_block = (section(prose(result, _SENTENCE)),) if result else ()
    return CardEnding((art_text, *((result,) if result else ())), (preformatted(art_text), *result_block))


def result_line(launch: Launch) -> str:
    """Return the run time and up to five final metrics in one plain line; empty before the end."""
    if launch.verdict is not Verdict.SUCCEEDED or launch.job is None:
        return ""
    run_time = seconds_between(launch.job.started or launch.job.created, launch.job.ended)
    summary = f"Ran {duration(run_time)}" if run_time is not None else "Finished"
    return sentence(" · ".join((summary, *metrics(launch.metrics))))


def metrics(pairs: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    """Return up to five metrics as "loss 0.1234", not escaped."""
    return tuple(f"{cut(one_line(key), 60)} {value:.4g}" for key, value in pairs[:5])


def timeout_text(limit_seconds: float) -> str:
    """Return the timeout hint for a wait of `limit_seconds`, not escaped."""
    return (
        f"⏱️  Timeout ({limit_seconds:g}s) - Job not detected in Vertex AI\n"
        "\n"
        "Possible reasons:\n"
        "  • Job submission taking longer than usual\n"
        "  • Runner encountered an error\n"
        "  • W&B Launch agent hasn't picked up job yet\n"
        "\n"
        "Check detailed diagnostics:\n"
        "  /monitor"
    )


def _timed_out(launch: Launch) -> CardEnding:
    hint = timeout_text(launch.limit_seconds)
    observed = [_observations(launch)]
    if launch.item_state is QueueItemState.PENDING and launch.cancel_asked is None:
        automatic_removal = f", and the bot does so at {clock(launch.expires)}" if launch.expires else ""
        observed.append(f"The item is still queued: Cancel takes it out{automatic_removal}.")
    observed.append("The launch is followed on: this card says so if its job appears.")
    return CardEnding(
        (hint, *observed), (section(escape(hint)), context(*(prose(line, _SENTENCE) for line in observed)))
    )


def _observations(launch: Launch) -> str:
    parts = ["queued"] if launch.queued else []
    if launch.runner is not None and launch.runner.name:
        parts.append(f"runner {one_line(launch.runner.name)} {icons.state_text(launch.runner.status)}")
    if launch.item_state is not None:
        parts.append(f"queue item {icons.state_text(launch.item_state)}")
    return f"Seen so far: {', '.join(parts) or 'nothing'}."


def _cancelled(launch: Launch) -> CardEnding:
    without_job = (
        "It is out of the queue and no job was made." if launch.item_intended else "Nothing was queued."
    )
    done = "Its job was cancelled." if launch.job else without_job
    if not launch.cancel_by:
        return _paragraph("Cancelled outside this bot.", done)
    plain = f"Cancelled by {one_line(launch.cancel_by)}."
    return CardEnding((plain, done), (section(f"Cancelled by {user(launch.cancel_by)}. {done}"),))


def _failed(launch: Launch) -> CardEnding:
    return CardEnding(failure_lines(launch), failure_blocks(launch))


def _lost(launch: Launch) -> CardEnding:
    return _paragraph(_failure_sentence(launch) or _LOST, _LOOK)


def _refused(launch: Launch) -> CardEnding:
    return _paragraph("Nothing was started.", _failure_sentence(launch))


_ENDINGS: Mapping[Verdict, Callable[[Launch], CardEnding]] = MappingProxyType(
    {
        Verdict.SUBMITTED: _submitted,
        Verdict.SUCCEEDED: _submitted,
        Verdict.FAILED: _failed,
        Verdict.TIMED_OUT: _timed_out,
        Verdict.CANCELLED: _cancelled,
        Verdict.LOST: _lost,
        Verdict.REFUSED: _refused,
    },
)
