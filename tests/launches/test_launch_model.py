from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from model import Killed, ModelAnnouncer, ModelJobs, ModelRunners, ModelTracker, ModelWorld
from rig import NoLogs

from bot.launches.context import Dependencies
from bot.launches.deadlines import queue_deadline, start_deadline
from bot.launches.poller import LaunchPoller
from bot.launches.requests import LaunchRequest
from bot.launches.service import LaunchService
from bot.launches.state_machine import advance
from bot.logs.diagnosing_reader import LogDiagnoser
from bot.models.cloud import ExecutionStatus, JobState, QueueItemState
from bot.models.errors import BadInput
from bot.models.launch import Launch, Stage, Verdict
from bot.ports import MessageKind
from bot.settings import Settings
from bot.store import open_store

SETTINGS = Settings.model_validate(
    {
        "google": {"project": "p"},
        "runner": {
            "job": "launcher", "region": "us-central1",
            "queue": "vertex-ai-queue", "vertex_region": "us-central1",
        },
        "wandb": {"entity": "acme-ml", "project": "trainer"},
        "preset": [{"name": "bert", "image": "i", "machine_type": "m", "staging_bucket": "gs://b"}],
        "access": {"users": ["U0ALICE", "U0BOB"], "channels": ["C0TRAINING"]},
        "regions": ["us-central1", "europe-west4"],
        "timing": {"insert": 60},  # real seconds, in which a busy machine may be slow
    }
)  # fmt: skip
LONG = os.environ.get("CHAOS") == "long"
SPOILS = st.sampled_from(["fails before", "fails after", "killed before", "killed after"])
CALLS = st.sampled_from(
    [
        *("save", "claim_start", "release_start", ".push", ".run_job", ".say", "remove_item"),
        *("ModelJobs.cancel", "list_items", "list_executions", "list_jobs", "settle"),
    ]
)
MOST = 4  # launches at once
ENDED = (Stage.REPORT, Stage.DONE)
WAITING = (QueueItemState.PENDING, QueueItemState.LEASED)  # an agent may still make a job of it


class MortalLaunches:
    """The real table of launches, in a process that may be killed around each save."""

    def __init__(self, table: Any, world: ModelWorld) -> None:
        self._table = table
        self._world = world

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._table, name)
        if name in ("save", "claim_start", "release_start"):
            return lambda *args, **kwargs: self._world.mortal(name, found(*args, **kwargs))
        return found


class Launching(RuleBasedStateMachine):
    """People press, processes die, calls fail, agents work, clocks jump: the promises hold."""

    template: Path

    @initialize()
    def bring_up(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="launch-control-model-"))
        shutil.copy(self.template, self.folder / "store.db")
        self.world = ModelWorld()
        self.store = self.runner.run(open_store(f"sqlite:///{self.folder}/store.db", self.world))
        self.requests: list[LaunchRequest] = []
        self.judged: dict[str, Verdict] = {}
        self.restart()

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.finish()
        finally:
            self.runner.run(self.store.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    @rule()
    def restart(self) -> None:
        world = self.world
        tracker, runners, jobs = ModelTracker(world), ModelRunners(world), ModelJobs(world)
        parts: Any = {
            "tracker": tracker, "runners": runners, "jobs": jobs, "notifier": ModelAnnouncer(world),
            "poller": LaunchPoller(SETTINGS, world, jobs, runners, tracker),
            "launches": MortalLaunches(self.store.launches, world),
        }  # fmt: skip
        self.tools = Dependencies(
            settings=SETTINGS, clock=world, audit=self.store.audit,
            reader=LogDiagnoser(NoLogs(), (), before=1, after=1), **parts,
        )  # fmt: skip
        self.service = LaunchService(SETTINGS, world, self.store.launches, self.store.audit, lambda _: None)

    @rule(user=st.sampled_from(["U0ALICE", "U0BOB"]), turns=st.integers(1, 8), spoil=SPOILS, on=CALLS)
    def ask(self, user: str, turns: int, spoil: str, on: str) -> None:
        """Somebody launches, and the launch is driven for some turns."""
        number = len(self.requests)
        if number < MOST:
            request = LaunchRequest(
                f"t{number}", "T", "C0TRAINING", user, user, f"bert #{number}", "bert", ()
            )
            self.requests.append(request)
            added = self.runner.run(self.service.submit(request))
            self.world.expiry[added.launch.launch_id] = queue_deadline(SETTINGS, added.launch)
            self.drive(request, turns, spoil, on)

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), pressed=st.booleans())
    def ask_again(self, data: st.DataObject, *, pressed: bool) -> None:
        """The same request is replayed, or (soon) pressed again with a trigger of its own."""
        first = data.draw(st.sampled_from(self.requests))
        known = self.launch_of(first)
        again = replace(first, trigger_id=f"{first.trigger_id}+") if pressed else first
        if not pressed or timedelta() <= self.world.now() - known.created < timedelta(seconds=9):
            added = self.runner.run(self.service.submit(again))
            assert known.launch_id == added.launch.launch_id

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), turns=st.integers(1, 6), spoil=SPOILS, on=CALLS)
    def transition_to(self, data: st.DataObject, turns: int, spoil: str, on: str) -> None:
        self.drive(data.draw(st.sampled_from(self.requests)), turns, spoil, on)

    def drive(self, request: LaunchRequest, turns: int, spoil: str, on: str) -> None:
        """Some turns of a launch; the first call of this name in them fails, or is its process's last."""
        self.world.arm(spoil, on)
        for _ in range(turns):
            launch = self.launch_of(request)
            late = (launch.due - self.world.now()).total_seconds()
            self.world.run(min(max(0.0, late), 400.0))
            self.advance(launch)
        self.world.arm("", "")

    @rule(seconds=st.sampled_from([0.5, 3.0, 15.0, 70.0, 130.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.run(seconds)

    @rule(seconds=st.sampled_from([200.0, 2_000.0, 3 * 86_400.0]))
    def bot_is_away(self, seconds: float) -> None:
        """Nobody drives anything; then another process takes up what the store holds."""
        self.world.run(seconds)
        self.restart()

    @rule(seconds=st.sampled_from([-300.0, -20.0]))
    def clock_is_set_back(self, seconds: float) -> None:
        self.world.skew += timedelta(seconds=seconds)

    @rule(fate=st.sampled_from(["job", "job", "job", "refused", "dies"]))
    def agent_takes(self, fate: str) -> None:
        self.world.boot_runners()
        self.world.take(fate)

    @precondition(lambda self: self.world.executions)
    @rule(data=st.data())
    def runner_dies(self, data: st.DataObject) -> None:
        self.world.end_runner(data.draw(st.sampled_from(sorted(self.world.executions))))

    @precondition(lambda self: self.world.jobs)
    @rule(data=st.data(), state=st.sampled_from([JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED]))
    def job_ends(self, data: st.DataObject, state: JobState) -> None:
        self.world.end_job(data.draw(st.sampled_from(sorted(self.world.jobs))), state)

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        launch = self.launch_of(data.draw(st.sampled_from(self.requests)))
        try:
            self.runner.run(
                self.service.cancel(launch.launch_id, user_id=launch.user_id, user_name=launch.user_name)
            )
        except BadInput:
            assert launch.ended is not None or launch.stage is Stage.DONE

    @invariant()
    def promises(self) -> None:
        for launch in self.all() if hasattr(self, "requests") else ():
            self.check(launch)

    def check(self, launch: Launch) -> None:
        world, own = self.world, launch.launch_id
        assert world.ever_queued.count(own) <= 1
        assert world.ever_started.count(own) <= 2
        assert world.posted(own, MessageKind.CARD) <= 1
        assert world.posted(own, MessageKind.CLOSING) <= 1
        if own in world.sent_at:
            assert world.sent_at[own] < start_deadline(SETTINGS, launch)
        if own in world.started_at:
            assert world.started_at[own] < queue_deadline(SETTINGS, launch)
        assert own not in world.stale
        jobs = world.jobs_of(own)
        assert launch.job is None or launch.job.resource in {job.resource for job in jobs}
        if launch.stage in ENDED:
            # The first word stays, and nothing is spent after it.
            assert self.judged.setdefault(own, launch.verdict) is launch.verdict
            if launch.verdict in (Verdict.FAILED, Verdict.CANCELLED):
                assert not any(job.active for job in jobs)
                assert not any(item.run_id == own and item.state in WAITING for item in world.items.values())

    def finish(self) -> None:
        """Everything goes well from now on: each launch ends, truly, with one card and one reply."""
        self.world.arm("", "")
        for request in self.requests:
            for _ in range(200):
                launch = self.launch_of(request)
                if launch.stage is Stage.DONE:
                    break
                late = (launch.due - self.world.now()).total_seconds()
                self.world.run(min(max(0.5, late), 400.0))
                self.world.boot_runners()
                self.world.take("job")
                self.advance(self.launch_of(request))
                for name in self.world.jobs:
                    self.world.end_job(name, JobState.SUCCEEDED)
            self.check_end(self.launch_of(request))

    def check_end(self, launch: Launch) -> None:
        self.check(launch)
        own, jobs = launch.launch_id, self.world.jobs_of(launch.launch_id)
        assert launch.stage is Stage.DONE
        assert self.world.posted(own, MessageKind.CARD) == 1 or launch.verdict is Verdict.CANCELLED
        assert self.world.posted(own, MessageKind.CLOSING) == self.world.posted(own, MessageKind.CARD)
        truth = {JobState.SUCCEEDED: Verdict.SUCCEEDED, JobState.FAILED: Verdict.FAILED}
        if jobs:
            outcome = truth.get(jobs[0].state, Verdict.CANCELLED)
            # A job that outlives the limit of days is let go, unless a cancel was asked for.
            assert launch.verdict is outcome or (launch.verdict is Verdict.LOST and self.outlived(launch))
        else:
            assert launch.verdict in (Verdict.FAILED, Verdict.CANCELLED, Verdict.LOST)

    def outlived(self, launch: Launch) -> bool:
        limit = launch.created + timedelta(days=SETTINGS.timing.follow_days)
        job = self.world.jobs_of(launch.launch_id)[0]
        late = launch.ended is not None and launch.ended >= limit and launch.cancel_asked is None
        return late and (job.ended is None or job.ended + self.world.skew >= limit)

    def advance(self, launch: Launch) -> None:
        try:
            self.runner.run(advance(launch, self.tools))
        except Killed:
            self.restart()

    def all(self) -> tuple[Launch, ...]:
        found: tuple[Launch, ...] = self.runner.run(
            self.store.launches.recent(since=self.world.time - timedelta(days=900))
        )
        return found

    def launch_of(self, request: LaunchRequest) -> Launch:
        return next(launch for launch in self.all() if launch.trigger_id == request.trigger_id)


@pytest.fixture
def template(tmp_path: Path) -> None:
    """An empty store, made once and copied for each try."""

    async def make() -> None:
        store = await open_store(f"sqlite:///{tmp_path}/template.db", ModelWorld())
        await store.close()

    asyncio.run(make())
    Launching.template = tmp_path / "template.db"


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize("cancelled", [False, True])
def test_an_item_that_the_agent_of_an_ended_runner_took_is_lost(*, cancelled: bool) -> None:
    """The launch may have reused another runner, which lives on: its end says nothing about this item."""
    tried = Launching()
    tried.bring_up()
    tried.ask(user="U0ALICE", turns=3, spoil="fails before", on="none")
    tried.world.run(20)
    tried.ask(user="U0BOB", turns=2, spoil="fails before", on="none")
    tried.agent_takes("job")
    tried.world.run(3)
    tried.agent_takes("job")
    tried.world.run(3)
    tried.world.end_runner("runner-0")
    tried.world.executions["runner-1"] = replace(
        tried.world.executions["runner-0"], resource="runner-1", name="runner-1",
        status=ExecutionStatus.RUNNING, launch_id="", created=tried.world.now(),
    )  # fmt: skip
    if cancelled:
        tried.drive(tried.requests[1], 2, "", "")
        tried.runner.run(
            tried.service.cancel(
                tried.launch_of(tried.requests[1]).launch_id, user_id="U0BOB", user_name="bob"
            )
        )
    tried.teardown()


@pytest.mark.usefixtures("template")
@pytest.mark.timeout(1200 if LONG else 120)
def test_any_interleaving_keeps_the_promises() -> None:
    """Nobody can think of every order in which people, processes and agents act: this tries many."""
    test = Launching.TestCase
    test.settings = settings(
        max_examples=300 if LONG else 40, stateful_step_count=30, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
        # To make a failing example small takes minutes: that is for the long form.
        phases=(Phase.generate, Phase.shrink) if LONG else (Phase.generate,),
    )  # fmt: skip
    test("runTest").runTest()  # type: ignore[operator]  # hypothesis makes it a unittest case
