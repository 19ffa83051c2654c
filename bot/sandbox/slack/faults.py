"""Failures of Slack, switchable while the sandbox runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

ANY_METHOD = "*"


@dataclass(slots=True)
class Faults:
    """Fault switches. A table maps a Web API method (or "*" for any) to the number of calls that fail.

    rate_limited: 429 with `retry_after` seconds. server_errors: 500, without effect. lost_answers: the
    call takes effect, then the connection is closed before the response. refusals: method to a list of
    error codes, one used per call. open_failures: apps.connections.open returns `internal_error`.
    api_delay, delivery_delay: seconds before a response or a payload is sent. drop_acks: the next
    acks are ignored. duplicate_events: the next events are sent twice. strict_acks: an ack counts
    only on the connection that carried the envelope. outage_until: every call answers 503 before
    this time (set through `outage_seconds`). refuse_blocks: block types that the workspace does not support.
    block_refusal: the error code for every message with blocks, from any API.
    """

    rate_limited: dict[str, int] = field(default_factory=dict)
    retry_after: int = 1
    server_errors: dict[str, int] = field(default_factory=dict)
    lost_answers: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, list[str]] = field(default_factory=dict)
    open_failures: int = 0
    api_delay: float = 0.0
    delivery_delay: float = 0.0
    drop_acks: int = 0
    duplicate_events: int = 0
    strict_acks: bool = False
    outage_until: float = 0.0
    refuse_blocks: set[str] = field(default_factory=set)
    block_refusal: str = ""

    def change(self, changes: Mapping[str, Any], now: float) -> None:
        """Set the named switches; `outage_seconds` starts an outage now.

        Raise ValueError for an unknown name; the message lists the known ones.
        """
        names = {one.name for one in fields(self)}
        for name, value in changes.items():
            if name == "outage_seconds":
                self.outage_until = now + float(value)
            elif name not in names:
                raise ValueError(
                    f"No fault is called {name}. Known: outage_seconds, {', '.join(sorted(names))}."
                )
            else:
                setattr(self, name, _as_held(getattr(self, name), value))

    def refusal(self, method: str) -> str:
        """Return the error code for the next call of this method, or ""."""
        words = self.refusals.get(method) or self.refusals.get(ANY_METHOD)
        return words.pop(0) if words else ""

    def take_drop_ack(self) -> bool:
        """Return whether to ignore this ack."""
        self.drop_acks, dropped = max(0, self.drop_acks - 1), self.drop_acks > 0
        return dropped

    def take_duplicate_event(self) -> bool:
        """Return whether to send this event twice."""
        self.duplicate_events, twice = max(0, self.duplicate_events - 1), self.duplicate_events > 0
        return twice

    def take_open_failure(self) -> bool:
        """Return whether this apps.connections.open fails."""
        self.open_failures, fails = max(0, self.open_failures - 1), self.open_failures > 0
        return fails


def spend(table: dict[str, int], method: str) -> bool:
    """Return whether a table of counted faults applies to this call, and decrement its count."""
    for key in (method, ANY_METHOD):
        if table.get(key, 0) > 0:
            table[key] -= 1
            return True
    return False


def _as_held(held: object, value: Any) -> Any:
    """Convert a value from JSON or a scenario file to the type of a switch."""
    if isinstance(held, set):
        return {value} if isinstance(value, str) else set(value)
    if isinstance(held, dict):
        return {name: list(left) if isinstance(left, list | tuple) else left for name, left in value.items()}
    kind: Callable[[Any], Any] = type(held)
    return kind(value)
