"""The context of one step: its dependencies, and the methods that persist its intents and results."""

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

# The pause before a retry is multiplied by a random factor from 1 to this, to spread concurrent retries.
JITTER = 1.25


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The dependencies of the steps of a launch."""

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
    """A launch during one step; `launch` always equals the stored record."""

    def __init__(self, launch: Launch, dependencies: Dependencies) -> None:
        self.launch = launch
        self.dependencies = dependencies

    def now(self) -> datetime:
        """Return the current time of the injected clock."""
        return self.dependencies.clock.now()

    async def save(self, **changes: Any) -> None:  # the fields of Launch, checked by `replace`
        """Save changed fields. Raise SaveConflict when another worker has saved the launch meanwhile."""
        changed = replace(self.launch, **changes)
        if changed.queued is not None and not changed.run_url:
            # Right after the process starts the URL may be unknown; a later save then adds it.
            changed = replace(changed, run_url=self.dependencies.tracker.run_url(changed.launch_id))
        self.launch = await self.dependencies.launches.save(changed)

    async def transition_to(self, stage: Stage, *, after: float = 0.0, **changes: Any) -> None:
        """Save the next stage, due in `after` seconds, and clear the recorded trouble."""
        due = self.now() + timedelta(seconds=after)
        await self.save(**{"stage": stage, "due": due, "trouble": "", "attempts": 0, **changes})

    async def reschedule(self, seconds: float, **changes: Any) -> None:
        """Save that the same stage is due again in that many seconds."""
        await self.save(**{"due": self.now() + timedelta(seconds=seconds), **changes})

    async def align_to_poll(self, seconds: float, **changes: Any) -> None:
        """Reschedule at the first poll tick after that many seconds, so that launches share calls."""
        poll = self.dependencies.settings.timing.poll
        wanted = self.now().timestamp() + seconds
        await self.reschedule(seconds + (poll - wanted % poll) % poll, **changes)

    async def record_failure(self, problem: Problem, **changes: Any) -> None:
        """Record a failed call and schedule a retry of this stage with jittered exponential backoff.

        While nothing has been sent to W&B, the last retry is due no later than the start deadline.
        """
        attempts = self.launch.attempts + 1
        base = self.dependencies.settings.timing.poll
        backoff = min(base * 2 ** min(attempts - 1, 4), base * 12)
        requested = min(problem.retry_after or 0.0, self.dependencies.settings.timing.follow_last)
        pause = max(requested, backoff) * random.uniform(1, JITTER)  # noqa: S311 - no secret
        if nothing_sent(replace(self.launch, **changes)):
            left = (start_deadline(self.dependencies.settings, self.launch) - self.now()).total_seconds()
            pause = min(pause, left) if left > 0 else pause
        sentence = trouble_sentence(problem)
        await self.reschedule(pause, **{"trouble": sentence, "attempts": attempts, **changes})

    async def audit(self, action: str, outcome: str, *, actor: str = "", detail: str = "") -> None:
        """Write an audit entry for an effect; `actor` defaults to the launcher.

        Call it before the effect: an extra entry is better than one that a crash lost.
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
        """End the launch as failed; with `read_log` the next stage reads and diagnoses its log."""
        failure = Failure(kind=kind, sentence=sentence, diagnosis=diagnosis, reading=read_log)
        await self.transition_to(
            Stage.DIAGNOSE if read_log else Stage.REPORT,
            **{"verdict": Verdict.FAILED, "failure": failure, "ended": self.now(), **changes},
        )


def trouble_sentence(problem: Problem) -> str:
    """Return a description of the problem, such as "W&B: did not answer in time"."""
    where = f" in {problem.region}" if problem.region not in ("", NO_REGION) else ""
    return f"{problem.system}{where}: {problem.message}"
