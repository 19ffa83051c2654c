"""The cause of a failure and the advice, each in one plain line, worded as surely as they are known."""

from __future__ import annotations

from bot.models.diagnosis import Confidence, Diagnosis
from bot.models.scan import Found, Reading, Unread
from formatting.text import one_line, sentence

READING = "reading its log..."


def summary(diagnosis: Diagnosis | None) -> str:
    """The cause in one line, not escaped; empty when the log shows none."""
    if diagnosis is None or not diagnosis.has_error:
        return ""
    said = one_line(diagnosis.summary)
    return f"Probably: {said}" if said and diagnosis.confidence is Confidence.LOW else said


def advice(diagnosis: Diagnosis | None) -> str:
    """What to do next, as a sentence, not escaped; empty when nothing is advised."""
    return sentence(one_line(diagnosis.advice)) if diagnosis else ""


def note(found: Found) -> str:
    """What the note column says of a failure: its cause, or why none is known yet."""
    match found.finding:
        case Diagnosis() as diagnosis:
            return summary(diagnosis) or "its log shows no cause"
        case Reading():
            return READING
        case Unread(reason):
            return one_line(reason) or "its log could not be read"
