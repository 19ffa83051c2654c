"""What the sandbox remembers about the traffic: every Web API call, every ack."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from bot.sandbox.slack.wire import Json

TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Call:
    """One Web API call: when it came (seconds since 1970), what was asked, how it was answered."""

    method: str
    at: float
    arguments: Json
    status: int
    error: str

    @property
    def ok(self) -> bool:
        """Whether Slack answered `ok: true`."""
        return not self.error


@dataclass(frozen=True, slots=True)
class Ack:
    """How the app answered one payload. `kind` is slash_commands, interactive or events_api."""

    kind: str
    at: float
    milliseconds: float
    error: str
    same_connection: bool = True

    @property
    def ok(self) -> bool:
        """Whether the app answered in time."""
        return not self.error


@dataclass(slots=True)
class Journal:
    """The last 5,000 calls and acks, and counts since the start."""

    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=5_000))
    acks: deque[Ack] = field(default_factory=lambda: deque(maxlen=5_000))
    connections: deque[tuple[float, str, str]] = field(default_factory=lambda: deque(maxlen=500))
    counts: Counter[str] = field(default_factory=Counter)
    too_many: Counter[str] = field(default_factory=Counter)

    def note_call(self, call: Call) -> None:
        """Remember a call, counting it by method and, when it was rate limited, once more apart."""
        self.calls.append(call)
        self.counts[call.method] += 1
        if call.status == TOO_MANY:
            self.too_many[call.method] += 1

    def of(self, method: str) -> list[Call]:
        """Return the remembered calls of one method, oldest first."""
        return [call for call in self.calls if call.method == method]

    def clear(self) -> None:
        """Forget everything and count from zero."""
        for part in (self.calls, self.acks, self.connections, self.counts, self.too_many):
            part.clear()
