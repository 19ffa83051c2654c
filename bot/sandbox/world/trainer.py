"""Simulates a custom job: its states, its log, and its run in W&B."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.sandbox.world.launch_spec import Submission
from bot.sandbox.world.log_writer import Line, job_source, write
from bot.sandbox.world.names import new_job_id
from bot.sandbox.world.scripts import ENDED_JOB_STATES, LaunchScript
from bot.sandbox.world.state import SimJob, SimRun
from bot.sandbox.world.waiting import wait_while
from bot.sandbox.world.world import World

# State of a run in W&B by the final state of its job.
_RUN_ENDS = {"SUCCEEDED": "finished", "FAILED": "failed", "CANCELLED": "crashed", "EXPIRED": "crashed"}
_STOPPED = "The replica workerpool0-0 exited with a non-zero status of 255."


def create_job(world: World, submission: Submission, script: LaunchScript) -> SimJob:
    """Create the custom job in the world, in its first state."""
    job = SimJob(
        job_id=new_job_id(),
        region=world.vertex_region,
        display_name=submission.display_name,
        state=script.timeline[0][0],
        created=world.now(),
        labels=submission.labels,
        image=submission.image,
        machine_type=submission.machine_type,
        env=submission.env,
    )
    world.jobs[job.job_id] = job
    return job


@dataclass(slots=True)
class Training:
    """One custom job and its run."""

    world: World
    job: SimJob
    submission: Submission
    script: LaunchScript
    log: tuple[Line | str, ...] = ()
    run: SimRun | None = None
    stopped: bool = False

    async def play(self) -> None:
        """Go through the timeline; stop when the job is cancelled."""
        for state, seconds in self.script.timeline:
            if self.stopped or self.job.state in ("CANCELLING", "CANCELLED"):
                break
            self._enter(state)
            if state == "RUNNING":
                await self._train(seconds)
            elif state not in ENDED_JOB_STATES:
                await self._wait_in_state(state, seconds)
        self._end_run()

    async def _wait_in_state(self, state: str, seconds: float) -> None:
        await wait_while(self.world, seconds, lambda: self.job.state == state)

    def _enter(self, state: str) -> None:
        job, now = self.job, self.world.now()
        job.state = state
        if state == "RUNNING" and job.started is None:
            job.started = now
        if state in ENDED_JOB_STATES:
            job.ended = now
            if state != "SUCCEEDED":
                job.error, job.error_code = self.script.job_error, self.script.job_error_code
                self._write(*self.log)

    async def _train(self, seconds: float) -> None:
        """Log one row of metrics per step; stop when the job is cancelled or the run is stopped."""
        if self.script.calls_init:
            self.run = self._start_run()
            self._write(f"wandb: Syncing run {self.run.name}")
        steps = max(self.script.steps, 1)
        for step in range(steps):
            if not await wait_while(self.world, seconds / steps, lambda: self.job.state == "RUNNING"):
                return
            self._log_step(step, steps, seconds)
            if self.run is not None and self.run.stop_requested:
                self._stop()
                return

    def _start_run(self) -> SimRun:
        now, env = self.world.now(), self.submission.env
        run = SimRun(
            run_id=self.submission.run_id,
            name=self.submission.display_name,
            state="running",
            user=env.get("WANDB_USERNAME", self.world.entity),
            created=now,
            heartbeat=now,
            project="" if self.submission.project == self.world.wandb_project else self.submission.project,
        )
        self.world.runs[run.run_id] = run
        return run

    def _log_step(self, step: int, steps: int, seconds: float) -> None:
        share = (step + 1) / steps
        values = {name: curve(first, last, share) for name, (first, last) in self.script.metrics.items()}
        if self.run is not None:
            row = {"_step": float(step), "_runtime": round(seconds * share, 2), **values}
            self.run.history.append(row)
            self.run.summary = dict(row)
            self.run.heartbeat = self.world.now()
        if step % max(steps // 10, 1) == 0:
            shown = "  ".join(f"{name} {value:.4f}" for name, value in values.items())
            self._write(f"step {step + 1}/{steps}  {shown}")

    def _stop(self) -> None:
        self._write("wandb: Received stop request, interrupting the process", "KeyboardInterrupt")
        self.stopped = True
        self.job.state, self.job.ended = "FAILED", self.world.now()
        self.job.error, self.job.error_code = _STOPPED, 13

    def _end_run(self) -> None:
        if self.run is None:
            return
        self.run.state = "killed" if self.run.stop_requested else _RUN_ENDS.get(self.job.state, "crashed")
        self.run.heartbeat = self.world.now()

    def _write(self, *lines: Line | str) -> None:
        write(self.world, job_source(self.world, self.job), lines)


def curve(first: float, last: float, share: float) -> float:
    """Return a metric's value after a share of the training: an exponential curve with a small ripple."""
    progress = (1 - math.exp(-4 * share)) / (1 - math.exp(-4))
    ripple = 0.015 * math.sin(share * 40) * (1 - share)
    return round(first + (last - first) * (progress + ripple), 5)
