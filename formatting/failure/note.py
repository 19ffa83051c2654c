"""The cause of a failure and the advice, each in one plain line, worded as surely as they are known."""

from __future__ import annotations

import re

from bot.models.cloud import Build, CustomJob, Execution, JobState, QueueItem
from bot.models.diagnosis import Confidence, Diagnosis
from bot.models.scan import Reading, Row, RowDiagnosis, Unread
from formatting.failure.category_labels import CAUSE_WORDS
from formatting.slack.text import cut, one_line, sentence

READING = "reading its log..."
# Characters of a note in a table: a line of it, in a row as low as the others.
NOTE = 60
_WAITED = (
    "It was not started within the time that it may wait. "
    "Raise its scheduling timeout, or launch in a region that has machines free."
)
_NO_CAUSE = "its log shows no cause"
# Where an exception's class lives ("google.api_core.exceptions.") tells nobody what happened.
_HOME = re.compile(r"^(?:[a-z_]\w*\.)+(?=[A-Z]\w*(?::|$))")
_CLASS = re.compile(r"^(?:[A-Za-z_]\w*\.)*[A-Z]\w*:\s+")
_CALLED_ERROR = re.compile(r"^(?:error|fatal)\s*:\s+(?=\S)", re.IGNORECASE)


def summary(diagnosis: Diagnosis | None) -> str:
    """Return the cause in one line, not escaped; empty when the log shows none."""
    if diagnosis is None or not diagnosis.has_error:
        return ""
    said = _CALLED_ERROR.sub("", one_line(diagnosis.summary))
    return f"Probably: {said}" if said and diagnosis.confidence is Confidence.LOW else said


def advice(diagnosis: Diagnosis | None) -> str:
    """Return what to do next, as a sentence, not escaped; empty when nothing is advised."""
    return sentence(one_line(diagnosis.advice)) if diagnosis else ""


def told(row: Row) -> str:
    """Return what the row's own platform says of how it ended, in one line; often that it ended, and no more."""
    match row:
        case Execution():
            return one_line(row.reason)
        case CustomJob(state=JobState.EXPIRED, started=None, error=""):
            return _WAITED  # the API gives such a job no error
        case CustomJob() | QueueItem():
            return one_line(row.error)
        case Build():
            return one_line(row.detail)
        case _:
            return ""


def error(found: RowDiagnosis | None, said: str) -> str:
    """Return the cause if it is known, else what the platform said, else why neither is known; not escaped."""
    if found is None:
        return said or "nobody gives a reason"
    match found.finding:
        case Diagnosis() as diagnosis:
            return summary(diagnosis) or said or _NO_CAUSE
        case Reading():
            why = READING
        case Unread(reason):
            why = one_line(reason) or "its log could not be read"
    return f"{said.rstrip('.')}; {why}" if said else why


def note(found: RowDiagnosis | None, said: str) -> str:
    """Return the same in a few words, at most 60 characters: the cause itself if it is so short, else its kind."""
    match found.finding if found else None:
        case Diagnosis(has_error=True) as diagnosis:
            return cut(_gist(diagnosis), NOTE)
        case Diagnosis():
            return cut(said or _NO_CAUSE, NOTE)
        case None:
            return cut(said, NOTE)
        case _:
            return cut(error(found, ""), NOTE)


def _gist(diagnosis: Diagnosis) -> str:
    said = _HOME.sub("", _CALLED_ERROR.sub("", one_line(diagnosis.summary)))
    words = said if len(said) <= NOTE else CAUSE_WORDS.get(diagnosis.category, said)
    return f"probably {words}" if diagnosis.confidence is Confidence.LOW else words


def bare(text: str) -> str:
    """Return an error without its exception's class, "error:" and what ends it: to be compared with other words."""
    return _CLASS.sub("", _CALLED_ERROR.sub("", one_line(text))).rstrip(".… ")
