"""What the core asks of the store. Every method raises StoreError when the store fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.models.diagnosis import Diagnosis
from bot.models.launch import Launch, MessageRef
from bot.models.scan_diff import ScanSnapshot


class SaveConflict(Exception):  # noqa: N818 - another worker was faster; not an error of ours
    """The launch was saved by somebody else since it was read."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How many launches may be in flight at once, of one person and of all people; None is no limit."""

    per_person: int | None = None
    overall: int | None = None


NO_CAPS = Caps()


class CapReached(Exception):  # noqa: N818 - a rule of the team's, not an error of ours
    """One launch more would be above a limit; nothing was stored.

    `in_flight` launches are counted against `cap`: those of the person (`per_person`) or of everybody.
    """

    def __init__(self, *, per_person: bool, in_flight: int, cap: int) -> None:
        super().__init__(f"{in_flight} launches in flight, {cap} allowed")
        self.per_person = per_person
        self.in_flight = in_flight
        self.cap = cap


@dataclass(frozen=True, slots=True)
class Added:
    """The launch that now stands in the store; `fresh` is False when it had been asked for before."""

    launch: Launch
    fresh: bool


class Launches(Protocol):
    """The store's table of launches. Every method raises StoreError when the store fails."""

    async def add(self, launch: Launch, *, dedup_window: float, caps: Caps = NO_CAPS) -> Added:
        """Insert a launch, once.

        The same `trigger_id`, or the same team, user, channel and text within `dedup_window` seconds,
        is the same launch. Raise CapReached when as many as `caps` allow have not ended: counted in the
        transaction of the insert, so that it holds however many add at the same moment.
        """
        ...

    async def save(self, launch: Launch) -> Launch:
        """Write a launch back and returns it with its new version.

        Raise SaveConflict when it was saved since it was read.
        """
        ...

    async def get(self, launch_id: str) -> Launch | None:
        """One launch."""
        ...

    async def unfinished(self) -> tuple[Launch, ...]:
        """Every launch whose stage is not `done`, oldest first."""
        ...

    async def recent(self, *, since: datetime, limit: int = 100) -> tuple[Launch, ...]:
        """Launch created since then, and every unfinished one, newest first."""
        ...

    async def by_run_ids(self, run_ids: Sequence[str]) -> tuple[Launch, ...]:
        """Return the launches with these ids, in no order."""
        ...

    async def claim_start(
        self, *, job: str, region: str, queue: str, launch_id: str, now: datetime, ttl: float
    ) -> str:
        """Claims the right to start a runner; returns the launch id that holds it (ours, if we got it).

        A claim older than `ttl` seconds is taken over. One statement, so that two launches start one runner.
        """
        ...

    async def release_start(self, *, job: str, region: str, queue: str, launch_id: str) -> None:
        """Give the right back."""
        ...

    async def prune(self, *, before: datetime) -> int:
        """Remove launches that ended before then, with their audit; returns how many."""
        ...


@dataclass(frozen=True, slots=True)
class Settled:
    """A diagnosis that will not change, of the execution, job or build with this id."""

    row_id: str
    diagnosis: Diagnosis
    log_url: str = ""


class Diagnoses(Protocol):
    """Settled diagnoses, remembered; an error of ours never."""

    async def find(self, row_ids: Sequence[str]) -> tuple[Settled, ...]:
        """Those of these rows that are settled."""
        ...

    async def settle(self, settled: Settled) -> None:
        """Remembers one; the first word stays."""
        ...


@dataclass(frozen=True, slots=True)
class Thread:
    """A monitor thread in a channel: its parent message, the words asked, what it shows when it is finished.

    `started` is when it was last begun to be written, `finished` is None until that is done. `looks` tells of
    each reply what it looked like then.
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
        """Write a thread (by its parent message), or its newer state."""
        ...

    async def find(self, parent: MessageRef) -> Thread | None:
        """One thread by its parent."""
        ...

    async def latest(self, channel: str, words: str) -> Thread | None:
        """Return the newest thread of a channel with these words."""
        ...

    async def begin(self, channel: str, words: str, *, writer: str, now: datetime, within: timedelta) -> bool:
        """Take these words in a channel for a writer; False when another took them within that time."""
        ...

    async def end(self, channel: str, words: str, *, writer: str) -> None:
        """Give the words back, if this writer has them."""
        ...


class Workspaces(Protocol):
    """What a workspace refused, and for how long."""

    async def refuse_block(self, team_id: str, block_type: str, until: datetime) -> None:
        """Remembers that a workspace refused a block type."""
        ...

    async def refused_blocks(self, team_id: str, now: datetime) -> frozenset[str]:
        """Return the block types that are not to be tried now."""
        ...


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which thing, and how it ended."""

    at: datetime
    actor: str
    action: str
    target: str
    outcome: str
    detail: str = ""


class Audit(Protocol):
    """The record of all that spends, stops or is refused."""

    async def record(self, entry: AuditEntry) -> None:
        """Write one entry."""
        ...

    async def entries(self, *, since: datetime, limit: int = 1000) -> tuple[AuditEntry, ...]:
        """Return the newest entries since then."""
        ...
