"""The cause is found by structure: chains, ranks, attempts, reprints, recoveries."""

from __future__ import annotations

import json

import pytest

from bot.diagnosis import diagnose_lines
from bot.models.diagnosis import Category, Confidence

_HEADER = "Traceback (most recent call last):"
_FRAME = '  File "/app/train.py", line 7, in main'
_FAILED = ["The replica workerpool0-0 exited with a non-zero status of 1.", "Job failed."]


def test_healthy_log() -> None:
    """A healthy log has no root cause, category none and a short sentence: nobody is woken."""
    said = diagnose_lines(["step 1 loss=2.0", "0 errors", "Job completed successfully."], source="vertex")

    assert (said.has_error, said.category, said.root_cause_index) == (False, Category.NONE, None)
    assert said.summary == "No error found."


def test_empty_log() -> None:
    """No lines at all are no failure and no crash."""
    assert diagnose_lines([]).has_error is False


def test_handler_that_fails_is_secondary() -> None:
    """What goes wrong while an exception is handled is not the cause of it."""
    lines = [_HEADER, _FRAME, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", ""]
    lines += ["During handling of the above exception, another exception occurred:", "", _HEADER, _FRAME]
    said = diagnose_lines([*lines, "AttributeError: no attribute 'fallback'", *_FAILED], source="vertex")

    assert (said.root_cause_index, said.category) == (2, Category.OUT_OF_MEMORY_GPU)


def test_folded_traceback() -> None:
    """A traceback in one entry is one index, whose summary quotes the exception and not a frame."""
    said = diagnose_lines(["ok", f"{_HEADER}\n{_FRAME}\nKeyError: 'label'", *_FAILED], source="vertex")

    assert (said.root_cause_index, said.summary) == (1, "KeyError: 'label'")


def test_interleaved_ranks() -> None:
    """Tracebacks of two ranks, mixed line by line, are read apart; the first to raise is named."""
    of = {
        "[rank0]: ": "ValueError: labels contain -7",
        "[rank1]: ": "RuntimeError: Connection closed by peer",
    }
    lines = [rank + part for part in (_HEADER, _FRAME, "") for rank in of if part]
    lines += [rank + raised for rank, raised in of.items()]
    said = diagnose_lines([*lines, *_FAILED], source="vertex")

    assert said.summary.startswith("ValueError: labels contain -7")


def test_last_attempt_decides() -> None:
    """A first attempt that failed does not make a second one that ended well a failure."""
    first = ["start", "ConnectionError: no hub", "Container called exit(1)."]
    second = ["start", "loaded", "evaluated", "Container called exit(0)."]

    assert diagnose_lines([*first, *second]).has_error is False
    assert diagnose_lines([*second, *first]).has_error is True


def test_cause_of_the_last_attempt() -> None:
    """Where two attempts died of different things, the last one's cause is the one to mend now."""
    start = ["boot", "load", "run"]
    first = [*start, "requests.exceptions.ConnectionError: no hub", "Container called exit(1)."]
    second = [*start, _HEADER, _FRAME, "KeyError: 'x'", "Container called exit(1)."]

    assert diagnose_lines([*first, *second]).root_cause_index == 10


def test_retries_before_the_cause() -> None:
    """Errors that were retried are not the cause of what failed later."""
    lines = [
        "ConnectionResetError: [Errno 104] Connection reset by peer",
        "Retrying in 1s",
        "step 5 loss=2.0",
    ]
    said = diagnose_lines([*lines, _HEADER, _FRAME, "KeyError: 'x'", *_FAILED], source="vertex")

    assert said.root_cause_index == 5


def test_lost_launch_with_exit_code_zero() -> None:
    """The agent goes on, and ends well, after it lost a launch: for its launcher that is a failure."""
    lines = [
        "wandb: ERROR launch: Error running job: No Vertex resource args specified.",
        "W&B agent exited (exit code: 0)",
    ]
    said = diagnose_lines(lines)

    assert (said.has_error, said.root_cause_index, said.category) == (True, 0, Category.CONFIG_ERROR)


def test_wrapper_reprint() -> None:
    """The wrapper repeats the log when it gives up: the first telling counts, not the repetition."""
    error = "wandb: ERROR launch: Error running job: Quota 'NVIDIA_L4_GPUS' exceeded."
    said = diagnose_lines(
        ["boot", error, "🚨 FATAL ERROR DETECTED: Quota exceeded!", error, "Container called exit(1)."]
    )

    assert (said.root_cause_index, said.category) == (1, Category.QUOTA)


def test_destructor_is_no_failure() -> None:
    """ "Exception ignored in" never ends a program."""
    lines = [
        "Exception ignored in: <function D.__del__>",
        _HEADER,
        _FRAME,
        "RuntimeError: already closed",
        "step 2 loss=1",
    ]

    assert diagnose_lines([*lines, "bye"]).has_error is False


def test_unknown_is_said() -> None:
    """A failure without a reason is called unknown, not guessed at."""
    said = diagnose_lines(["boot", "hello", "Container called exit(3)."])

    assert (said.has_error, said.category, said.confidence) == (True, Category.UNKNOWN, Confidence.LOW)


def test_context_holds_the_root_cause() -> None:
    """The context is 20 entries before and 80 after, and knows which of them is the root cause."""
    lines = (
        [f"line {n}" for n in range(50)]
        + [_HEADER, _FRAME, "KeyError: 'x'"]
        + [f"line {n}" for n in range(100)]
    )
    said = diagnose_lines([*lines, *_FAILED], source="vertex")

    assert (said.root_cause_index, said.context_root, len(said.context)) == (52, 20, 101)
    assert said.context[20] == "KeyError: 'x'"


def test_summary_keeps_what_is_far_in_a_long_line() -> None:
    """A line of many words is cut around what was recognised, within 200 characters."""
    line = f"ERROR {'x ' * 400} No space left on device {'y ' * 400}"
    said = diagnose_lines([line, *_FAILED], source="vertex")

    assert "No space left on device" in said.summary
    assert len(said.summary) <= 200


def test_exception_group() -> None:
    """Inside a group the exception that was raised is named, not the group."""
    lines = [
        "  + Exception Group Traceback (most recent call last):",
        '  |   File "x.py", line 6, in <module>',
    ]
    lines += [
        "  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)",
        "  +-+---------------- 1 ----------------",
    ]
    lines += [
        "    | Traceback (most recent call last):",
        '    |   File "x.py", line 2, in a',
        "    | KeyError: 'pixels'",
    ]
    said = diagnose_lines([*lines, "    +------------------------------------", *_FAILED], source="vertex")

    assert said.root_cause_index == 6


def test_json_lines() -> None:
    """A program that logs JSON is read by its message and its traceback, as if it had printed them."""
    row = {
        "severity": "ERROR",
        "message": "training failed",
        "exc_info": f"{_HEADER}\n{_FRAME}\nKeyError: 'x'",
    }
    said = diagnose_lines(
        ['{"severity": "INFO", "message": "start"}', json.dumps(row), "Container called exit(1)."]
    )

    assert (said.root_cause_index, said.summary) == (1, "KeyError: 'x'")


def test_last_words_before_an_unexplained_end() -> None:
    """Where only the end says that it failed, what the program said last is quoted, with low confidence."""
    lines = [
        "Starting Step #0",
        "Step #0: licence of foo is GPL, which the policy forbids",
        "Finished Step #0",
        "ERROR",
    ]
    end = 'ERROR: build step 0 "check" failed: step exited with non-zero status: 1'
    said = diagnose_lines([*lines, end], source="cloud_build")

    assert (said.root_cause_index, said.confidence) == (1, Confidence.LOW)


def test_unknown_source() -> None:
    """A source that does not exist is told at once, not diagnosed as another."""
    with pytest.raises(ValueError, match="slack"):
        diagnose_lines(["x"], source="slack")  # type: ignore[arg-type]  # the mistake under test
