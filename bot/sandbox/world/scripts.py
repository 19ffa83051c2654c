"""Scripts for what starts during a scenario: runners, launches and their jobs."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)([dhms])")
JOB_STATES = (
    "QUEUED", "PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLING", "CANCELLED",
    "PAUSED", "EXPIRED", "UPDATING", "PARTIALLY_SUCCEEDED",
)  # fmt: skip
ENDED_JOB_STATES = ("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED")


def read_span(value: object) -> object:
    """Return a span in seconds, from a number or text such as "1h 20m".

    Raise ValueError for anything else.
    """
    if not isinstance(value, str):
        return value
    words = value.replace(" ", "")
    if not words or _SPAN.sub("", words):
        raise ValueError('must be seconds, or words such as "90s" or "1h 20m"')
    return sum(float(number) * _UNITS[unit] for number, unit in _SPAN.findall(words))


Span = Annotated[float, BeforeValidator(read_span), Field(ge=0)]


class Table(BaseModel):
    """A table of a scenario file: frozen, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LogLine(Table):
    """A log entry with more than text: a payload, a severity, or bytes that TOML cannot hold."""

    text: str | None = None
    base64: str = ""  # the text, for test secrets and control characters
    repeat: int = Field(1, ge=1, le=1_000_000)  # number of repetitions of the text within the line
    payload: dict[str, object] | None = None  # jsonPayload
    proto: str | None = None
    severity: str = ""


Lines = tuple[str | LogLine, ...]


class RunnerScript(Table):
    """The behaviour of one started runner."""

    start_delay: Span = 4.0
    boot: Span = 3.0
    poll: Span = 10.0  # the real agent's AGENT_POLLING_INTERVAL
    idle_exit: Span = 1_800.0
    dies: Literal["", "before_take", "after_lease", "after_claim", "after_submit"] = ""
    dies_after: Span = 1.0
    exit_code: int = Field(1, ge=0, le=255)
    bails_out: bool = False
    frees_slots: bool = False
    busy: int = Field(0, ge=0)  # slots that are occupied from the start
    log: Lines = ()
    log_file: str = ""


class LaunchScript(Table):
    """The behaviour of one launch, from the moment when an agent takes its queue item."""

    claim_after: Span = 0.5
    submit_after: Span = 3.0
    no_job: bool = False
    error: str = ""
    error_kind: str = "LaunchError"
    error_log: Lines = ()
    error_log_file: str = ""
    timeline: tuple[tuple[str, Span], ...] = (
        ("QUEUED", 2.0),
        ("PENDING", 3.0),
        ("RUNNING", 20.0),
        ("SUCCEEDED", 0.0),
    )
    job_error: str = ""
    job_error_code: int = 0
    job_log: Lines = ()
    job_log_file: str = ""
    calls_init: bool = True
    steps: int = Field(60, ge=0, le=10_000)
    metrics: dict[str, tuple[float, float]] = Field(
        default_factory=lambda: {"train/loss": (2.31, 0.38), "eval/accuracy": (0.41, 0.913)}
    )

    @field_validator("timeline", mode="before")
    @classmethod
    def _read_timeline(cls, value: object) -> object:
        """Convert text such as "QUEUED 2 -> RUNNING 20 -> SUCCEEDED" to pairs of state and seconds."""
        if not isinstance(value, str):
            return value
        steps = []
        for words in value.split("->"):
            state, _, span = words.strip().partition(" ")
            if state not in JOB_STATES:
                raise ValueError(f"{state!r} is not a job state; the states are {', '.join(JOB_STATES)}")
            text = span.strip() or "0"
            steps.append((state, float(text) if text.replace(".", "", 1).isdigit() else text))
        return tuple(steps)
