"""Formats a diagnosis as plain lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from bot.models.diagnosis import Diagnosis
from formatting import icons
from formatting.failure.log_excerpt import MARK
from formatting.failure.note import advice, summary
from formatting.slack.text import clean, count, cut, one_line, sentence

_LINE = 400  # characters of one log line; the file has the rest
_ADVICE = 600
_INDENT = " " * len(MARK)


def diagnosis_text(diagnosis: Diagnosis, *, lines: int) -> str:
    """Return the cause, the facts and the log around it, not escaped. `lines` is the log's line count."""
    if not diagnosis.has_error:
        return f"{icons.DONE} {sentence(one_line(diagnosis.summary))} {count(lines, 'line')} read."
    root = diagnosis.root_cause_index
    facts = (
        ("Category", diagnosis.category.value),
        ("Root cause", "" if root is None else f"line {root + 1:,} of {lines:,}"),
        ("Confidence", diagnosis.confidence.value),
        ("What to do", cut(advice(diagnosis), _ADVICE)),
    )
    output = [f"❌ ERROR: {summary(diagnosis)}"]
    output += [f"  {label + ':':<11} {value}" for label, value in facts if value]
    context = list(_context(diagnosis))
    return "\n".join([*output, *(["", *context] if context else [])])


def _context(diagnosis: Diagnosis) -> Iterator[str]:
    """Yield the numbered lines around the cause, with the root-cause line marked."""
    root = diagnosis.root_cause_index or 0
    first = root - (diagnosis.context_root or 0) + 1
    width = len(str(first + len(diagnosis.context)))
    for number, line in enumerate(diagnosis.context, start=first):
        mark = MARK if number == root + 1 else _INDENT
        text = cut(clean(line).rstrip().replace("\n", " ⏎ "), _LINE)
        yield f"{mark}{number:>{width}} │ {text}".rstrip()
