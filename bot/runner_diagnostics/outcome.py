"""How an execution went: Cloud Run's word, and what only its log tells."""

from __future__ import annotations

from collections.abc import Sequence

from bot.diagnosis import diagnose_lines
from bot.models.cloud import Execution, ExecutionStatus
from bot.models.errors import Problem, ProblemKind, ServiceError

# What Cloud Run writes at the end of a container: the log is read as if it closed with Cloud Run's own word.
_ENDED_WELL, _ENDED_BADLY = "Container called exit(0).", "Container called exit(1)."
_CLOSINGS = {ExecutionStatus.SUCCEEDED: (_ENDED_WELL,), ExecutionStatus.FAILED: (_ENDED_BADLY,)}
# Of the lines to show, a fifth stands before the cause: it is read downwards.
_BEFORE = 5


def verdict(execution: Execution, texts: Sequence[str]) -> tuple[bool, bool]:
    """(has_error, success): (False, True) succeeded, (True, False) failed, (False, False) still at work.

    The agent may lose a launch and end well, or go on: that is (True, False) too, and only the log tells.
    Raise ServiceError when Cloud Run does not say how it ended.
    """
    if execution.status in (ExecutionStatus.FAILED, ExecutionStatus.CANCELLED):
        return True, False
    if execution.status is ExecutionStatus.UNKNOWN:
        sentence = f"its answer does not say how {execution.name} stands"
        raise ServiceError(Problem(ProblemKind.UNKNOWN, "Cloud Run", sentence, execution.region))
    lost = diagnose_lines([*texts, _ENDED_WELL]).has_error
    return lost, not lost and not execution.active


def around_cause(execution: Execution, texts: Sequence[str], count: int) -> range:
    """Which of the texts to show, `count` at most and the root cause among them; none without an error."""
    diagnosis = diagnose_lines([*texts, *_CLOSINGS.get(execution.status, ())])
    if diagnosis.root_cause_index is None:
        return range(0)
    root = min(diagnosis.root_cause_index, max(len(texts) - 1, 0))
    start = max(0, min(root - (count - 1) // _BEFORE, len(texts) - count))
    return range(start, min(start + count, len(texts)))
