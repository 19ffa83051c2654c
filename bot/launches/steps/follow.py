"""Step 6: the follow-through, at growing intervals, until the job has ended."""

from __future__ import annotations

from datetime import timedelta

from bot.launches.steps.sighted import FAILED, as_seen, sighted
from bot.launches.steps.withdraw import find_item
from bot.launches.turn import Turn
from bot.models.cloud import ENDED_JOB_STATES, CustomJob, QueueItemState
from bot.models.launch import FailureKind, Stage, Verdict


async def follow(turn: Turn) -> None:
    """Looks once more at the job; says how it ended, or, after the limit, that it was lost sight of."""
    if turn.now() >= turn.launch.created + timedelta(days=turn.tools.settings.timing.follow_days):
        await turn.go_on(Stage.REPORT, verdict=Verdict.LOST, ended=turn.now())
        return
    job = await _job(turn)
    if job is None:
        await _still_nothing(turn)
    elif turn.launch.job is None or job.state in ENDED_JOB_STATES or job.state in FAILED:
        await sighted(turn, job)
    else:
        await turn.wait(_interval(turn), job=as_seen(turn, job), trouble="", attempts=0)


async def _job(turn: Turn) -> CustomJob | None:
    if turn.launch.job is not None:
        return await turn.tools.jobs.get_job(turn.launch.job.resource)
    return await turn.tools.poller.look(turn.launch)


async def _still_nothing(turn: Turn) -> None:
    item = await find_item(turn)
    state = item.state if item is not None else turn.launch.item_state
    if item is not None and state is QueueItemState.FAILED and turn.launch.misses > 0:
        said = f": {item.error}" if item.error else ""
        sentence = f"The agent could not submit the job{said.rstrip('.')}."
        await turn.fail(
            FailureKind.ITEM_FAILED, sentence, read_log=turn.launch.runner is not None, item_state=state
        )
        return
    misses = turn.launch.misses + 1 if state is QueueItemState.FAILED else 0
    await turn.wait(
        _interval(turn), item_state=state, verdict=Verdict.TIMED_OUT, misses=misses, trouble="", attempts=0
    )


def _interval(turn: Turn) -> float:
    """Seconds to the next look: a tenth of what has passed, within the settings' bounds."""
    timing = turn.tools.settings.timing
    passed = (turn.now() - (turn.launch.queued or turn.launch.created)).total_seconds()
    return max(timing.follow_first, min(timing.follow_last, passed / 10))
