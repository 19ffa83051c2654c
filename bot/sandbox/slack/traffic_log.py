"""A log of the traffic: all Web API calls and acks."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from bot.sandbox.slack.wire import Json

TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Call:
    """A Web API call: its time (seconds since 1970), arguments and result."""

    method: str
    at: float
    arguments: Json
    status: int
    error: str

    @property
    def ok(self) -> bool:
        """Whether the response was `ok: true`."""
        return not self.error


@dataclass(frozen=True, slots=True)
class Ack:
    """The app's ack of one payload. `kind` is slash_commands, interactive or events_api."""

    kind: str
    at: float
    milliseconds: float
    error: str
    same_connection: bool = True

    @property
    def ok(self) -> bool:
        """Whether the app acknowledged in time."""
        return not self.error


@dataclass(slots=True)
class TrafficLog:
    """The latest 5,000 calls and acks, and counts since the start."""

    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=5_000))
    acks: deque[Ack] = field(default_factory=lambda: deque(maxlen=5_000))
    connections: deque[tuple[float, str, str]] = field(default_factory=lambda: deque(maxlen=500))
    counts: Counter[str] = field(default_factory=Counter)
    too_many: Counter[str] = field(default_factory=Counter)

    def record_call(self, call: Call) -> None:
        """Record a call, and count it by method; rate-limited calls are also counted separately."""
        self.calls.append(call)
        self.counts[call.method] += 1
        if call.status == TOO_MANY:
            self.too_many[call.method] += 1

    def of(self, method: str) -> list[Call]:
        """Return the recorded calls of one method, oldest first."""
        return [call for call in self.calls if call.method == method]

    def clear(self) -> None:
        """Clear all records and counts."""
        for part in (self.calls, self.acks, self.connections, self.counts, self.too_many):
            part.clear()
