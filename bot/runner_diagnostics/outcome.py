"""Determines the outcome of an execution from its status and its log."""

from __future__ import annotations

from collections.abc import Sequence

from bot.diagnosis import diagnose_lines
from bot.models.cloud import Execution, ExecutionStatus
from bot.models.errors import Problem, ProblemKind, ServiceError

# The last line that Cloud Run logs for a container; the log is diagnosed as if it ended with it.
_SUCCESS_LINE, _FAILURE_LINE = "Container called exit(0).", "Container called exit(1)."
_CLOSING_LINES = {ExecutionStatus.SUCCEEDED: (_SUCCESS_LINE,), ExecutionStatus.FAILED: (_FAILURE_LINE,)}
# One of this many lines is before the cause: a reader reads on downwards.
_CONTEXT_RATIO = 5


def verdict(execution: Execution, texts: Sequence[str]) -> tuple[bool, bool]:
    """Return (has_error, success) of an execution.

    (False, True) is succeeded, (True, False) failed, (False, False) still running. The agent may lose a
    launch and still succeed or keep running; that is (True, False) too, and only the log says so. Raise
    ServiceError if the status is unknown.
    """
    if execution.status in (ExecutionStatus.FAILED, ExecutionStatus.CANCELLED):
        return True, False
    if execution.status is ExecutionStatus.UNKNOWN:
        sentence = f"its answer does not say how {execution.name} stands"
        raise ServiceError(Problem(ProblemKind.UNKNOWN, "Cloud Run", sentence, execution.region))
    lost = diagnose_lines([*texts, _SUCCESS_LINE]).has_error
    return lost, not lost and not execution.active


def around_cause(execution: Execution, texts: Sequence[str], count: int) -> range:
    """Return the range of at most `count` texts around the root cause; empty without an error."""
    diagnosis = diagnose_lines([*texts, *_CLOSING_LINES.get(execution.status, ())])
    if diagnosis.root_cause_index is None:
        return range(0)
    root = min(diagnosis.root_cause_index, max(len(texts) - 1, 0))
    start = max(0, min(root - (count - 1) // _CONTEXT_RATIO, len(texts) - count))
    return range(start, min(start + count, len(texts)))
