"""A small world that keeps time by itself: what W&B, Cloud Run, Vertex AI and Slack do, and how they fail."""

# ruff: noqa: ARG002 - the ports ask for more than this world looks at
from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bot.models.cloud import (
    CustomJob,
    Execution,
    ExecutionStatus,
    JobState,
    QueueItem,
    QueueItemState,
)
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import Launch, MessageRef
from bot.ports import MessageKind, NewItem

T = TypeVar("T")
QUEUE, ENTITY, REGION = "vertex-ai-queue", "acme-ml", "us-central1"
LEASE = 60.0  # seconds after which a lease of a dead agent ends
CLAIM, SUBMIT = 1.0, 4.0  # seconds after an agent takes an item until it claims it, until it submits the job


class Killed(BaseException):
    """The process is gone."""


@dataclass(slots=True)
class Taken:
    """An agent at work on an item: what will become of it, and when."""

    item_id: str
    runner: str
    at: datetime
    fate: str  # "job", "refused", or "dies" (between claim and job)


@dataclass(slots=True)
class ModelWorld:
    """`call` is the door of every call: it may fail, or the caller be killed, before or after the effect."""

    time: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    skew: timedelta = timedelta()
    items: dict[str, QueueItem] = field(default_factory=dict)
    ever_queued: list[str] = field(default_factory=list)
    ever_started: list[str] = field(default_factory=list)
    sent_at: dict[str, datetime] = field(default_factory=dict)
    started_at: dict[str, datetime] = field(default_factory=dict)
    expiry: dict[str, datetime] = field(default_factory=dict)  # when each launch's item is too old, by run id
    stale: list[str] = field(default_factory=list)  # those whose too old item a runner found that was started
    executions: dict[str, Execution] = field(default_factory=dict)
    jobs: dict[str, CustomJob] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    leases: dict[str, datetime] = field(default_factory=dict)
    messages: list[tuple[str, MessageKind, str]] = field(default_factory=list)
    spoil: str = ""
    spoil_on: str = ""

    # Time, as the bot's clock tells it

    def now(self) -> datetime:
        return self.time + self.skew

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def wait(self, seconds: float) -> None:
        self.run(seconds)

    def run(self, seconds: float) -> None:
        """Lets time pass; agents at work go on in small steps."""
        end = self.time + timedelta(seconds=seconds)
        while self.time < end:
            busy = self.taken or self.leases
            self.time = min(end, self.time + timedelta(seconds=0.5)) if busy else end
            for work in list(self.taken):
                self._work(work)
            for item_id, since in list(self.leases.items()):
                if self.time >= since + timedelta(seconds=LEASE):
                    self._set(item_id, QueueItemState.LEASED, QueueItemState.PENDING)
                    del self.leases[item_id]

    def take(self, fate: str) -> None:
        """An agent of a living runner takes the oldest pending item."""
        living = [name for name, one in self.executions.items() if one.status is ExecutionStatus.RUNNING]
        pending = [item for item in self.items.values() if item.state is QueueItemState.PENDING]
        if living and pending:
            item = pending[0]
            self._set(item.item_id, QueueItemState.PENDING, QueueItemState.LEASED)
            self.leases[item.item_id] = self.time
            self.taken.append(Taken(item.item_id, living[0], self.time, fate))

    def _work(self, work: Taken) -> None:
        item, alive = self.items.get(work.item_id), self.executions[work.runner].active
        age = (self.time - work.at).total_seconds()
        if item is None or not alive:
            self.taken.remove(work)
        elif item.state is QueueItemState.LEASED and age >= CLAIM:
            self._set(work.item_id, QueueItemState.LEASED, QueueItemState.CLAIMED)
            self.leases.pop(work.item_id, None)
        elif item.state is QueueItemState.CLAIMED and age >= SUBMIT:
            self.taken.remove(work)
            self._submit(item, work)

    def _submit(self, item: QueueItem, work: Taken) -> None:
        if work.fate == "refused":
            self._set(item.item_id, QueueItemState.CLAIMED, QueueItemState.FAILED)
        elif work.fate == "dies":
            self.end_runner(work.runner)
        else:
            name = f"projects/p/locations/{REGION}/customJobs/{len(self.jobs)}"
            self.jobs[name] = CustomJob(
                name, str(len(self.jobs)), item.name, REGION, JobState.PENDING, item.run_id, created=self.time
            )

    def _set(self, item_id: str, before: QueueItemState, after: QueueItemState) -> None:
        item = self.items.get(item_id)
        if item is not None and item.state is before:
            self.items[item_id] = replace(item, state=after)

    def end_runner(self, name: str) -> None:
        self.executions[name] = replace(self.executions[name], status=ExecutionStatus.FAILED)

    def boot_runners(self) -> None:
        for name, one in self.executions.items():
            if one.status is ExecutionStatus.PENDING:
                self.executions[name] = replace(one, status=ExecutionStatus.RUNNING, started=self.time)

    def end_job(self, name: str, state: JobState) -> None:
        if self.jobs[name].active:
            self.jobs[name] = replace(self.jobs[name], state=state, ended=self.time)

    def jobs_of(self, launch_id: str) -> list[CustomJob]:
        return [job for job in self.jobs.values() if job.run_id == launch_id]

    def posted(self, launch_id: str, kind: MessageKind) -> int:
        return sum(one[:2] == (launch_id, kind) for one in self.messages)

    # The door

    def arm(self, spoil: str, on: str) -> None:
        """The next call of this name goes wrong in this way, once."""
        self.spoil, self.spoil_on = spoil, on

    def _spent(self, name: str) -> str:
        if not self.spoil_on or self.spoil_on not in name:
            return ""
        self.spoil_on = ""
        return self.spoil

    async def call(self, effect: Callable[[], T]) -> T:
        spoil = self._spent(effect.__qualname__)
        _spoiled(spoil, "before")
        answer = effect()
        _spoiled(spoil, "after")
        return answer

    async def mortal(self, name: str, work: Awaitable[T]) -> T:
        """A call of the store: it does not fail here, but its caller may be killed."""
        spoil = self._spent(name)
        if spoil == "killed before":
            getattr(work, "close", lambda: None)()
            raise Killed
        answer = await work
        if spoil == "killed after":
            raise Killed
        return answer


def _spoiled(spoil: str, when: str) -> None:
    if spoil == f"killed {when}":
        raise Killed
    if spoil == f"fails {when}":
        raise ServiceError(Problem(ProblemKind.UNAVAILABLE, "W&B", "the connection broke"))


class ModelTracker:
    """Fulfils `Tracker`, as far as launches ask."""

    def __init__(self, world: ModelWorld) -> None:
        self.world = world

    def run_url(self, run_id: str) -> str:
        return f"https://forge.example/wandb/acme/trainer/runs/{run_id}"

    async def enqueue(self, item: NewItem) -> str:
        def push() -> str:
            item_id = f"item-{len(self.world.ever_queued)}"
            self.world.ever_queued.append(item.run_id)
            self.world.sent_at[item.run_id] = self.world.now()
            self.world.items[item_id] = QueueItem(
                item_id, QueueItemState.PENDING, QUEUE, run_id=item.run_id, name=item.name
            )
            return item_id

        return await self.world.call(push)

    async def list_items(self, queue: str, *, deadline: float) -> tuple[QueueItem, ...]:
        return await self.world.call(lambda: tuple(self.world.items.values()))

    async def remove_item(self, item_id: str, queue: str) -> bool:
        return await self.world.call(lambda: self.world.items.pop(item_id, None) is not None)

    async def find_run(self, run_id: str) -> None:
        await self.world.call(lambda: None)

    async def final_metrics(self, run_id: str, keys: Sequence[str]) -> tuple[tuple[str, float], ...]:
        return await self.world.call(lambda: (("loss", 0.1),))

    async def history(self, run_id: str, key: str, *, samples: int) -> tuple[tuple[float, float], ...]:
        return await self.world.call(lambda: ((0.0, 1.0), (1.0, 0.5)))

    async def stop_run(self, run_id: str) -> bool:
        return await self.world.call(lambda: True)


class ModelRunners:
    """Fulfils `Runners`, as far as launches ask."""

    def __init__(self, world: ModelWorld) -> None:
        self.world = world

    async def list_executions(self, region: str, *, deadline: float) -> tuple[Execution, ...]:
        return await self.world.call(lambda: tuple(reversed(self.world.executions.values())))

    async def get_execution(self, resource: str) -> Execution:
        return await self.world.call(lambda: self.world.executions[resource])

    async def start(self, *, region: str, launch_id: str) -> Execution:
        def run_job() -> Execution:
            name = f"runner-{len(self.world.executions)}"
            self.world.ever_started.append(launch_id)
            self.world.started_at[launch_id] = self.world.now()
            self.world.stale += [
                item.run_id for item in self.world.items.values() if item.state is QueueItemState.PENDING
                and item.run_id in self.world.expiry and self.world.now() >= self.world.expiry[item.run_id]
            ]  # fmt: skip
            self.world.executions[name] = Execution(
                name, name, region, ExecutionStatus.PENDING, created=self.world.time,
                queue=QUEUE, entity=ENTITY, max_jobs=-1, launch_id=launch_id,
            )  # fmt: skip
            return self.world.executions[name]

        return await self.world.call(run_job)


class ModelJobs:
    """Fulfils `Jobs`, as far as launches ask."""

    def __init__(self, world: ModelWorld) -> None:
        self.world = world

    async def list_jobs(self, region: str, *, created_after: Any, deadline: float) -> tuple[CustomJob, ...]:
        return await self.world.call(
            lambda: tuple(job for job in self.world.jobs.values() if job.region == region)
        )

    async def get_job(self, resource: str) -> CustomJob:
        return await self.world.call(lambda: self.world.jobs[resource])

    async def cancel(self, resource: str) -> None:
        await self.world.call(lambda: self.world.end_job(resource, JobState.CANCELLED))


class ModelAnnouncer:
    """Fulfils `Announcer` for a channel whose history may be read."""

    def __init__(self, world: ModelWorld) -> None:
        self.world = world

    async def post(self, launch: Launch) -> MessageRef:
        return await self._say(launch, MessageKind.CARD)

    async def close(self, launch: Launch) -> MessageRef:
        return await self._say(launch, MessageKind.CLOSING)

    async def find(self, launch: Launch, *, kind: MessageKind) -> MessageRef | None:
        found = [one for one in self.world.messages if one[:2] == (launch.launch_id, kind)]
        return await self.world.call(lambda: MessageRef("C", found[0][2]) if found else None)

    async def flush(self, launch: Launch) -> None:
        await self.world.call(lambda: None)

    async def edit(self, launch: Launch) -> None: ...

    async def refuse(self, launch: Launch, reason: str) -> None: ...

    async def notify_late_job(self, launch: Launch) -> None: ...

    async def upload_chart(self, launch: Launch) -> None: ...

    async def _say(self, launch: Launch, kind: MessageKind) -> MessageRef:
        def say() -> MessageRef:
            stamp = str(len(self.world.messages))
            self.world.messages.append((launch.launch_id, kind, stamp))
            return MessageRef("C", stamp)

        return await self.world.call(say)
