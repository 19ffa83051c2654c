"""One turn of a launch: what a step may use, and how it writes down what it intends and what came of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.launches.deadlines import nothing_sent, start_deadline
from bot.launches.poller import LaunchPoller
from bot.logs.diagnosing_reader import LogDiagnoser
from bot.models.diagnosis import Diagnosis
from bot.models.errors import Problem
from bot.models.launch import Failure, FailureKind, Launch, Stage, Verdict
from bot.models.regions import NO_REGION
from bot.ports import Audit, AuditEntry, Clock, Jobs, Launches, LaunchNotifier, Runners, Tracker
from bot.settings import Settings

# A retry waits up to this many times its pause, so that launches in the same trouble spread out.
JITTER = 1.25


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything that the steps of a launch work with."""

    settings: Settings
    clock: Clock
    launches: Launches
    tracker: Tracker
    runners: Runners
    jobs: Jobs
    poller: LaunchPoller
    reader: LogDiagnoser
    notifier: LaunchNotifier
    audit: Audit


class StepContext:
    """A launch while one step works on it; `launch` is always what the store holds."""

    def __init__(self, launch: Launch, dependencies: Dependencies) -> None:
        self.launch = launch
        self.dependencies = dependencies

    def now(self) -> datetime:
        """Return the time by our clock."""
        return self.dependencies.clock.now()

    async def save(self, **changes: Any) -> None:  # the fields of Launch, checked by `replace`
        """Write changes down; raises SaveConflict when another worker has the launch."""
        changed = replace(self.launch, **changes)
        if changed.queued is not None and not changed.run_url:
            # Right after the start the address may not be known yet: then with a later save.
            changed = replace(changed, run_url=self.dependencies.tracker.run_url(changed.launch_id))
        self.launch = await self.dependencies.launches.save(changed)

    async def transition_to(self, stage: Stage, *, after: float = 0.0, **changes: Any) -> None:
        """Write down that this stage is next, `after` seconds from now, and that nothing is in the way."""
        due = self.now() + timedelta(seconds=after)
        await self.save(**{"stage": stage, "due": due, "trouble": "", "attempts": 0, **changes})

    async def reschedule(self, seconds: float, **changes: Any) -> None:
        """Write down that the same stage is wanted again after that many seconds."""
        await self.save(**{"due": self.now() + timedelta(seconds=seconds), **changes})

    async def align_to_poll(self, seconds: float, **changes: Any) -> None:
        """The same, at the first common tick from then on: launches that tick together share calls."""
        poll = self.dependencies.settings.timing.poll
        wanted = self.now().timestamp() + seconds
        await self.reschedule(seconds + (poll - wanted % poll) % poll, **changes)

    async def record_failure(self, problem: Problem, **changes: Any) -> None:
        """Write down that a call failed and that this stage is tried again, ever more slowly, jittered.

        A launch of which nothing was sent is tried for the last time when it is too late to start it.
        """
        attempts = self.launch.attempts + 1
        base = self.dependencies.settings.timing.poll
        growing = min(base * 2 ** min(attempts - 1, 4), base * 12)
        asked = min(problem.retry_after or 0.0, self.dependencies.settings.timing.follow_last)
        pause = max(asked, growing) * random.uniform(1, JITTER)  # noqa: S311 - no secret
        if nothing_sent(replace(self.launch, **changes)):
            left = (start_deadline(self.dependencies.settings, self.launch) - self.now()).total_seconds()
            pause = min(pause, left) if left > 0 else pause
        sentence = trouble_sentence(problem)
        await self.reschedule(pause, **{"trouble": sentence, "attempts": attempts, **changes})

    async def audit(self, action: str, outcome: str, *, actor: str = "", detail: str = "") -> None:
        """Write down what is about to be spent or stopped; the launcher does it unless it says who.

        Before the effect, as an entry too many is better than one that a crash swallowed.
        """
        await self.dependencies.audit.record(
            AuditEntry(
                at=self.now(),
                actor=actor or self.launch.user_id,
                action=action,
                target=self.launch.launch_id,
                outcome=outcome,
                detail=detail,
            )
        )

    async def fail(
        self,
        kind: FailureKind,
        sentence: str,
        *,
        read_log: bool,
        diagnosis: Diagnosis | None = None,
        **changes: Any,
    ) -> None:
        """End the launch as failed; with `read_log` its log is read and diagnosed next."""
        failure = Failure(kind=kind, sentence=sentence, diagnosis=diagnosis, reading=read_log)
        await self.transition_to(
            Stage.DIAGNOSE if read_log else Stage.REPORT,
            **{"verdict": Verdict.FAILED, "failure": failure, "ended": self.now(), **changes},
        )


def trouble_sentence(problem: Problem) -> str:
    """Return what is in the way, such as "W&B did not answer in time"."""
    where = f" in {problem.region}" if problem.region not in ("", NO_REGION) else ""
    return f"{problem.system}{where}: {problem.message}"
