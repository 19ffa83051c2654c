"""The cause of a failure and the advice, each as one plain line; the wording reflects the confidence."""

from __future__ import annotations

import re

from bot.models.cloud import Build, CustomJob, Execution, JobState, QueueItem
from bot.models.diagnosis import Confidence, Diagnosis
from bot.models.scan import Reading, Row, RowDiagnosis, Unread
from formatting.failure.category_labels import CATEGORY_LABELS
from formatting.slack.text import cut, one_line, sentence

READING = "reading its log..."
# Characters of a note in a table: it must fit on one line.
NOTE = 60
_NEVER_STARTED = (
    "It was not started within the time that it may wait. "
    "Raise its scheduling timeout, or launch in a region that has machines free."
)
_NO_CAUSE = "its log shows no cause"
# The module of an exception class ("google.api_core.exceptions."), which is left out of notes.
_MODULE_PATH = re.compile(r"^(?:[a-z_]\w*\.)+(?=[A-Z]\w*(?::|$))")
_CLASS = re.compile(r"^(?:[A-Za-z_]\w*\.)*[A-Z]\w*:\s+")
_ERROR_PREFIX = re.compile(r"^(?:error|fatal)\s*:\s+(?=\S)", re.IGNORECASE)


def summary(diagnosis: Diagnosis | None) -> str:
    """Return the cause in one line, not escaped; empty when the log shows no cause."""
    if diagnosis is None or not diagnosis.has_error:
        return ""
    text = _ERROR_PREFIX.sub("", one_line(diagnosis.summary))
    return f"Probably: {text}" if text and diagnosis.confidence is Confidence.LOW else text


def advice(diagnosis: Diagnosis | None) -> str:
    """Return what to do next, as a sentence, not escaped; empty when nothing is advised."""
    return sentence(one_line(diagnosis.advice)) if diagnosis else ""


def platform_reason(row: Row) -> str:
    """Return the reason given by the row's platform, in one line, not escaped; empty if there is none."""
    match row:
        case Execution():
            return one_line(row.reason)
        case CustomJob(state=JobState.EXPIRED, started=None, error=""):
            return _NEVER_STARTED  # the API returns no error for such a job
        case CustomJob() | QueueItem():
            return one_line(row.error)
        case Build():
            return one_line(row.detail)
        case _:
            return ""


def cause_or_reason(found: RowDiagnosis | None, reason: str) -> str:
    """Return the cause if it is known, else the platform's reason, else why neither is known; not escaped."""
    if found is None:
        return reason or "nobody gives a reason"
    match found.finding:
        case Diagnosis() as diagnosis:
            return summary(diagnosis) or reason or _NO_CAUSE
        case Reading():
            why = READING
        case Unread(unread):
            why = one_line(unread) or "its log could not be read"
    return f"{reason.rstrip('.')}; {why}" if reason else why


def cause_note(found: RowDiagnosis | None, reason: str) -> str:
    """Return a note of at most 60 characters, not escaped: the cause if it fits, else its category."""
    match found.finding if found else None:
        case Diagnosis(has_error=True) as diagnosis:
            return cut(_short_cause(diagnosis), NOTE)
        case Diagnosis():
            return cut(reason or _NO_CAUSE, NOTE)
        case None:
            return cut(reason, NOTE)
        case _:
            return cut(cause_or_reason(found, ""), NOTE)


def _short_cause(diagnosis: Diagnosis) -> str:
    text = _MODULE_PATH.sub("", _ERROR_PREFIX.sub("", one_line(diagnosis.summary)))
    label = text if len(text) <= NOTE else CATEGORY_LABELS.get(diagnosis.category, text)
    return f"probably {label}" if diagnosis.confidence is Confidence.LOW else label


def stripped_error(text: str) -> str:
    """Return an error without its exception class, "error:" prefix and final punctuation, for comparisons."""
    return _CLASS.sub("", _ERROR_PREFIX.sub("", one_line(text))).rstrip(".… ")
