"""How a card ends: the art, the failure with its cause, the timeout's hint, or who cancelled."""

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
class End:
    """The end of a card: plain lines, not escaped, and the blocks that say the same."""

    lines: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()


def ending(launch: Launch) -> End:
    """Return the part of the card that its verdict adds; nothing while the launch is under way."""
    make = _ENDINGS.get(launch.verdict)
    return make(launch) if make else End()


def _own_words(launch: Launch) -> str:
    return sentence(one_line(launch.failure.sentence)) if launch.failure else ""


def _said(*sentences: str) -> End:
    lines = tuple(line for line in sentences if line)
    return End(lines, (section(" ".join(prose(line, _SENTENCE) for line in lines)),))


def _submitted(launch: Launch) -> End:
    if launch.job is None:
        return End()
    result = result_line(launch)
    drawn = art.submitted(launch.job)
    beneath = (section(prose(result, _SENTENCE)),) if result else ()
    return End((drawn, *((result,) if result else ())), (preformatted(drawn), *beneath))


def result_line(launch: Launch) -> str:
    """How long the job ran and up to five final metrics, in one plain line; empty before the end."""
    if launch.verdict is not Verdict.SUCCEEDED or launch.job is None:
        return ""
    lasted = seconds_between(launch.job.started or launch.job.created, launch.job.ended)
    ran = f"Ran {duration(lasted)}" if lasted is not None else "Finished"
    return sentence(" · ".join((ran, *metrics(launch.metrics))))


def metrics(pairs: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    """Up to five metrics as "loss 0.1234", not escaped."""
    return tuple(f"{cut(one_line(key), 60)} {value:.4g}" for key, value in pairs[:5])


def timeout_text(limit_seconds: float) -> str:
    """Return the words of a timeout, with the wait's own length in seconds; not escaped."""
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


def _timed_out(launch: Launch) -> End:
    words = timeout_text(launch.limit_seconds)
    seen = [_seen(launch)]
    if launch.item_state is QueueItemState.PENDING and launch.cancel_asked is None:
        by_itself = f", and the bot does so at {clock(launch.expires)}" if launch.expires else ""
        seen.append(f"The item is still queued: Cancel takes it out{by_itself}.")
    seen.append("The launch is followed on: this card says so if its job appears.")
    return End((words, *seen), (section(escape(words)), context(*(prose(line, _SENTENCE) for line in seen))))


def _seen(launch: Launch) -> str:
    parts = ["queued"] if launch.queued else []
    if launch.runner is not None and launch.runner.name:
        parts.append(f"runner {one_line(launch.runner.name)} {icons.words(launch.runner.status)}")
    if launch.item_state is not None:
        parts.append(f"queue item {icons.words(launch.item_state)}")
    return f"Seen so far: {', '.join(parts) or 'nothing'}."


def _cancelled(launch: Launch) -> End:
    left = "It is out of the queue and no job was made." if launch.item_intended else "Nothing was queued."
    done = "Its job was cancelled." if launch.job else left
    if not launch.cancel_by:
        return _said("Cancelled outside this bot.", done)
    plain = f"Cancelled by {one_line(launch.cancel_by)}."
    return End((plain, done), (section(f"Cancelled by {user(launch.cancel_by)}. {done}"),))


def _failed(launch: Launch) -> End:
    return End(failure_lines(launch), failure_blocks(launch))


def _lost(launch: Launch) -> End:
    return _said(_own_words(launch) or _LOST, _LOOK)


def _refused(launch: Launch) -> End:
    return _said("Nothing was started.", _own_words(launch))


_ENDINGS: Mapping[Verdict, Callable[[Launch], End]] = MappingProxyType(
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
