"""Ports to the store. Every method raises StoreError when the store fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.models.diagnosis import Diagnosis
from bot.models.launch import Launch, MessageRef
from bot.models.scan_diff import ScanSnapshot


class SaveConflict(Exception):  # noqa: N818 - an expected result of concurrency, not an error
    """Another worker has saved the launch since it was read."""


@dataclass(frozen=True, slots=True)
class Caps:
    """The maximum number of unfinished launches, per person and overall; None means no limit."""

    per_person: int | None = None
    overall: int | None = None


NO_CAPS = Caps()


class CapReached(Exception):  # noqa: N818 - a policy decision, not an error
    """Another launch would exceed a limit; nothing was stored.

    `in_flight` is the number of unfinished launches, of the person (`per_person`) or of all; `cap` its limit.
    """

    def __init__(self, *, per_person: bool, in_flight: int, cap: int) -> None:
        super().__init__(f"{in_flight} launches in flight, {cap} allowed")
        self.per_person = per_person
        self.in_flight = in_flight
        self.cap = cap


@dataclass(frozen=True, slots=True)
class Added:
    """The stored launch; `fresh` is False if the same request had been stored before."""

    launch: Launch
    fresh: bool


class Launches(Protocol):
    """The table of launches."""

    async def add(self, launch: Launch, *, dedup_window: float, caps: Caps = NO_CAPS) -> Added:
        """Insert a launch unless it is a duplicate, and return the stored one.

        A launch is a duplicate if its `trigger_id` is the same, or its team, user, channel and text within
        `dedup_window` seconds. Raise CapReached when `caps` allow no more unfinished launches; they are
        counted in the transaction of the insert, so that concurrent inserts cannot exceed the limit.
        """
        ...

    async def save(self, launch: Launch) -> Launch:
        """Save a launch and return it with its new version.

        Raise SaveConflict when another worker has saved it since it was read.
        """
        ...

    async def get(self, launch_id: str) -> Launch | None:
        """Return the launch with this id, or None."""
        ...

    async def unfinished(self) -> tuple[Launch, ...]:
        """Return all launches with a stage other than `done`, oldest first."""
        ...

    async def recent(self, *, since: datetime, limit: int = 100) -> tuple[Launch, ...]:
        """Return the launches created since then and all unfinished ones, newest first."""
        ...

    async def by_run_ids(self, run_ids: Sequence[str]) -> tuple[Launch, ...]:
        """Return the launches with these ids, in any order."""
        ...

    async def claim_start(
        self, *, job: str, region: str, queue: str, launch_id: str, now: datetime, ttl: float
    ) -> str:
        """Try to acquire the lease for starting a runner; return the id of the launch that holds it.

        A lease expires after `ttl` seconds. One atomic statement, so that two launches start one runner.
        """
        ...

    async def release_start(self, *, job: str, region: str, queue: str, launch_id: str) -> None:
        """Release the lease, if this launch holds it."""
        ...

    async def prune(self, *, before: datetime) -> int:
        """Delete launches that ended before then, with their audit entries; return the number of launches."""
        ...


@dataclass(frozen=True, slots=True)
class Settled:
    """The final diagnosis of the execution, job or build with this id."""

    row_id: str
    diagnosis: Diagnosis
    log_url: str = ""


class Diagnoses(Protocol):
    """Final diagnoses by id. Our own read errors are never stored."""

    async def find(self, row_ids: Sequence[str]) -> tuple[Settled, ...]:
        """Return the final diagnoses of these rows; rows without one are left out."""
        ...

    async def settle(self, settled: Settled) -> None:
        """Store unless present (first write wins)."""
        ...


@dataclass(frozen=True, slots=True)
class Thread:
    """A monitor thread in a channel: its parent message, the command's words, and what it showed last.

    `started` is the start of the last write, `finished` its end, or None while it runs. `looks` holds a
    fingerprint of the content of each reply.
    """

    parent: MessageRef
    words: str
    started: datetime
    replies: tuple[str, ...] = ()
    finished: datetime | None = None
    shown: ScanSnapshot | None = None
    looks: tuple[str, ...] = ()


class Threads(Protocol):
    """The monitor threads of each channel."""

    async def remember(self, thread: Thread) -> None:
        """Insert or update a thread, identified by its parent message."""
        ...

    async def find(self, parent: MessageRef) -> Thread | None:
        """Return the thread with this parent message, or None."""
        ...

    async def latest(self, channel: str, words: str) -> Thread | None:
        """Return the newest thread of a channel with these words, or None."""
        ...

    async def begin(self, channel: str, words: str, *, writer: str, now: datetime, within: timedelta) -> bool:
        """Acquire the lease on these words in a channel; return False if another writer holds it.

        A lease acquired more than `within` ago has expired.
        """
        ...

    async def end(self, channel: str, words: str, *, writer: str) -> None:
        """Release the lease, if this writer holds it."""
        ...


class Workspaces(Protocol):
    """Block types that a workspace refused, with an expiry."""

    async def refuse_block(self, team_id: str, block_type: str, until: datetime) -> None:
        """Store that a workspace refused a block type."""
        ...

    async def refused_blocks(self, team_id: str, now: datetime) -> frozenset[str]:
        """Return the block types that must not be sent now."""
        ...


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One audit record: who did what to which target, and the outcome."""

    at: datetime
    actor: str
    action: str
    target: str
    outcome: str
    detail: str = ""


class Audit(Protocol):
    """The audit log of launches, cancels and refusals."""

    async def record(self, entry: AuditEntry) -> None:
        """Append one entry."""
        ...

    async def entries(self, *, since: datetime, limit: int = 1000) -> tuple[AuditEntry, ...]:
        """Return the newest entries since then, at most `limit`."""
        ...
