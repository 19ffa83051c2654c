"""Recognises what Vertex AI, Cloud Run, Cloud Build and the agent log about the outcome of a run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.diagnosis.keywords import PatternSet
from bot.diagnosis.parsing.lines import LogLines

_FAILED = re.compile(
    r"""^(?:
      [A-Z]\w{2,40}\ projects/\S{1,200}\ failed:[ ]
    | Job\ failed\b | Job\ (?:was\ )?cancell?ed\b | Job\ expired\b | .{0,20}Job\ exceeded\ its\ timeout
    | .{0,80}\bJOB_STATE_(?:FAILED|CANCELLED|EXPIRED)
    | .{0,40}\breplica\ \S+\ (?:\d+\ )?(?:ran\ out|exited\ with\ a\ non-zero|was\ preempted|failed\ to)
    | Container\ called\ exit\((?!0\))-?\d+\) | Container\ terminated\ on\ signal
    | Execution\ \S+\ has\ failed | Task\ \S+\ (?:attempt\ \S+\ )?failed\ with
    | Memory\ limit\ of\ .*exceeded | Terminating\ task\ because
    | build\ step\ \d+\ .*\ failed | ERROR:\ build\ step | ERROR$ | TIMEOUT$ | CANCELLED$ | EXPIRED$
    | BUILD\ FAIL | Your\ build\ failed | context\ deadline\ exceeded$ | .{0,6}Build\ not\ started
    | .{0,80}\bcompleted\ with\ status\ "(?:FAILURE|TIMEOUT|CANCELLED|INTERNAL_ERROR)
    | .{0,6}FATAL\ ERROR\ DETECTED | .{0,4}Killing\ agent
    | .{0,4}W&B\ agent\ exited\ \(exit\ code:\ (?!0\))
    | .{0,3}Command\ exited\ with\ (?:code|status)\ [1-9] | npm\ ERR!\ code\ ELIFECYCLE
    )""",
    re.VERBOSE,
)
_SUCCEEDED = re.compile(
    r"""^(?:
      Job\ completed\ successfully | .{0,80}\bJOB_STATE_SUCCEEDED | DONE$ | SUCCESS$
    | Container\ called\ exit\(0\) | Execution\ \S+\ has\ (?:successfully\ )?(?:completed|succeeded)
    | .{0,4}W&B\ agent\ exited\ \(exit\ code:\ 0\) | .{0,4}Semi-persistent\ runner\ finished\ cleanly
    | .{0,4}Runner\ completed\ \d+\ runs
    )""",
    re.VERBOSE,
)
_PLATFORM = re.compile(
    r"""^(?:
      Finished\ tearing\ down\ training\ program | Finished\ Step\ \# | Starting\ Step\ \# | PUSH$ | BUILD$
    | .{0,4}(?:BAILOUT\ TRIGGER|All\ occurrences\ of\ pattern|Final\ runner\ stats|Runner\ lifetime)
    | .{0,4}Job\ submitted | [━─]{8,} | .{0,4}━━━
    | (?:make|ninja)(?:\[\d+\])?:\ (?:Leaving|Entering)\ directory
    | Waiting\ for\ job\ to\ be\ provisioned | Job\ is\ (?:running|preparing)
    )""",
    re.VERBOSE,
)
_LAUNCH_LOST = PatternSet(
    r"launch: (?:Error running job|Failed to (?:start|run|submit)|.{0,40}job .{0,40}failed to start)",
    r"(?:failed to start|crashed), killing sweep",
    r"failed runs in the first .*killing sweep",
    r"launch: .{0,80}status:? ['\"]?(?:failed|crashed)",
    r"launch: (?:\w+ )?job \S{1,80} (?:has )?failed\b",
    r"(?:too many|maximum number of) failed runs",
)
#: A tool that tests its own alerts says so in the line.
_SIMULATED = re.compile(r"\bdry[- ]run\b|\bsimulated\b|\bself[- ]?test\b", re.IGNORECASE)
_HEAD_LENGTH = 400


def is_failure(text: str) -> bool:
    """Return whether a line reports that the execution, job or build failed."""
    return _FAILED.match(text) is not None


def is_success(text: str) -> bool:
    """Return whether a line reports that the execution, job or build succeeded."""
    return _SUCCEEDED.match(text) is not None


def is_launch_lost(text: str) -> bool:
    """Return whether the agent reports a lost launch; it still keeps running and exits with 0."""
    return _LAUNCH_LOST.matches(text)


def is_simulated(line: str) -> bool:
    """Return whether a log line reports a simulated failure."""
    return _SIMULATED.search(line[:_HEAD_LENGTH]) is not None


def is_platform(text: str) -> bool:
    """Return whether the platform or the wrapper wrote a line; it is no part of a program message."""
    return is_failure(text) or is_success(text) or _PLATFORM.match(text) is not None


_ATTEMPT_ENDS = re.compile(
    r"^Container called exit\(|^Container terminated on signal|^Terminating task because|"
    r"will restart worker group"
)
_REPRINT = re.compile(r"^.{0,4}(?:FATAL ERROR DETECTED|Full Log Context|━━━ Full Log)")


_MIN_PROGRAM_LINES = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the run ended.

    `failed` is None if no line says so. `attempt` is the first row of the last attempt. `lost` are the rows
    in which the agent reports a lost launch. `reprint` is the row from which the wrapper repeats the log (the
    number of rows if it does not).
    """

    failed: bool | None
    attempt: int
    lost: tuple[int, ...]
    reprint: int


def read_outcome(rows: LogLines, hits: Sequence[int]) -> Outcome:
    """Return the outcome according to the hits (rows, ascending)."""
    failed: bool | None = None
    attempt, attempt_ends, lost, reprint = 0, [], [], len(rows)
    for row in hits:
        text = rows.parsed(row).text.strip()
        if is_failure(text):
            failed = True
        elif is_success(text):
            failed = False
        if is_launch_lost(text) and not is_simulated(rows.raw[row]):
            lost.append(row)
        if _REPRINT.match(text):
            reprint = min(reprint, row)
        if _ATTEMPT_ENDS.match(text):
            attempt_ends.append(row)
    for end in attempt_ends:
        if (
            sum(1 for row in range(end + 1, min(len(rows), end + 40)) if _is_program_line(rows, row))
            >= _MIN_PROGRAM_LINES
        ):
            attempt = end + 1
    return Outcome(failed, attempt, tuple(lost), reprint)


def _is_program_line(rows: LogLines, row: int) -> bool:
    text = rows.parsed(row).text.strip()
    return bool(text) and not is_platform(text)
