"""What Vertex AI, Cloud Run, Cloud Build and the agent's wrapper say at the end of a run."""

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
_OTHER = re.compile(
    r"""^(?:
      Finished\ tearing\ down\ training\ program | Finished\ Step\ \# | Starting\ Step\ \# | PUSH$ | BUILD$
    | .{0,4}(?:BAILOUT\ TRIGGER|All\ occurrences\ of\ pattern|Final\ runner\ stats|Runner\ lifetime)
    | .{0,4}Job\ submitted | [━─]{8,} | .{0,4}━━━
    | (?:make|ninja)(?:\[\d+\])?:\ (?:Leaving|Entering)\ directory
    | Waiting\ for\ job\ to\ be\ provisioned | Job\ is\ (?:running|preparing)
    )""",
    re.VERBOSE,
)
_LOST = PatternSet(
    r"launch: (?:Error running job|Failed to (?:start|run|submit)|.{0,40}job .{0,40}failed to start)",
    r"(?:failed to start|crashed), killing sweep",
    r"failed runs in the first .*killing sweep",
    r"launch: .{0,80}status:? ['\"]?(?:failed|crashed)",
    r"launch: (?:\w+ )?job \S{1,80} (?:has )?failed\b",
    r"(?:too many|maximum number of) failed runs",
)
#: A tool that tries its own alarms out says so in the line.
_REHEARSED = re.compile(r"\bdry[- ]run\b|\bsimulated\b|\bself[- ]?test\b", re.IGNORECASE)
_HEAD = 400


def failed(text: str) -> bool:
    """Return whether a line says that the execution, job or build failed."""
    return _FAILED.match(text) is not None


def succeeded(text: str) -> bool:
    """Return whether a line says that it ended well."""
    return _SUCCEEDED.match(text) is not None


def lost(text: str) -> bool:
    """Return whether the agent says that it gave a launch up; it goes on, and exits 0, all the same."""
    return _LOST.fit(text)


def is_simulated(line: str) -> bool:
    """Return whether a line, as it stands in the log, tells of a failure that was only acted."""
    return _REHEARSED.search(line[:_HEAD]) is not None


def is_platform(text: str) -> bool:
    """Return whether the platform or the wrapper wrote a line: no program's message goes on in it."""
    return failed(text) or succeeded(text) or _OTHER.match(text) is not None


_ATTEMPT_ENDS = re.compile(
    r"^Container called exit\(|^Container terminated on signal|^Terminating task because|"
    r"will restart worker group"
)
_REPRINT = re.compile(r"^.{0,4}(?:FATAL ERROR DETECTED|Full Log Context|━━━ Full Log)")


_SPEAKING = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended.

    `failed` is None where no line says so. `attempt` is the first row of the last attempt; `lost` are the
    rows in which the agent gave a launch up; `reprint` is the row from which on the wrapper repeats the
    log (the number of rows if it does not).
    """

    failed: bool | None
    attempt: int
    lost: tuple[int, ...]
    reprint: int


def read_outcome(rows: LogLines, hits: Sequence[int]) -> Outcome:
    """Return the outcome that the hits (rows, ascending) tell."""
    has_failed: bool | None = None
    attempt, ends, with_exhausted_retries, reprint = 0, [], [], len(rows)
    for row in hits:
        text = rows.parsed(row).text.strip()
        if failed(text):
            has_failed = True
        elif succeeded(text):
            has_failed = False
        if lost(text) and not is_simulated(rows.raw[row]):
            with_exhausted_retries.append(row)
        if _REPRINT.match(text):
            reprint = min(reprint, row)
        if _ATTEMPT_ENDS.match(text):
            ends.append(row)
    for end in ends:
        if sum(1 for row in range(end + 1, min(len(rows), end + 40)) if _speaks(rows, row)) >= _SPEAKING:
            attempt = end + 1
    return Outcome(has_failed, attempt, tuple(with_exhausted_retries), reprint)


def _speaks(rows: LogLines, row: int) -> bool:
    text = rows.parsed(row).text.strip()
    return bool(text) and not is_platform(text)
