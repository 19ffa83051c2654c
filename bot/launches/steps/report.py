"""The last word: the card's last edit, taken by Slack, then one closing reply that mentions the launcher."""

from __future__ import annotations

from bot.errors import ServiceError
from bot.launches.turn import Turn
from bot.models.launch import Stage, Verdict
from bot.ports import MessageKind

MAX_METRICS = 5


async def report(turn: Turn) -> None:
    """Delivers the outcome, however long Slack is away, and ends the launch."""
    announcer = turn.tools.announcer
    await _gather_metrics(turn)
    if turn.launch.card is not None:
        await announcer.settle(turn.launch)
        await _close(turn)
    await turn.go_on(Stage.DONE)


async def _gather_metrics(turn: Turn) -> None:
    """Final metrics are welcome, but nothing waits for them."""
    if turn.launch.verdict is not Verdict.SUCCEEDED or turn.launch.metrics:
        return
    preset = turn.tools.settings.find_preset(turn.launch.preset)
    keys = preset.metrics if preset is not None else ()
    try:
        metrics = await turn.tools.tracker.final_metrics(turn.launch.launch_id, keys)
    except ServiceError:
        return
    await turn.save(metrics=metrics[:MAX_METRICS])


async def _close(turn: Turn) -> None:
    if turn.launch.reply is not None:
        return
    if turn.launch.reply_intended is not None:
        found = await turn.tools.announcer.find(turn.launch, kind=MessageKind.CLOSING)
        # Without history we cannot know; the card already says it, so a reply is not repeated.
        await turn.save(reply=found)
        return
    await turn.save(reply_intended=turn.now())
    await turn.save(reply=await turn.tools.announcer.close(turn.launch))
