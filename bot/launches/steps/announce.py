"""Step 1: the card. Nothing happens outside before people can see it."""

from __future__ import annotations

from bot.launches.turn import Turn
from bot.models.launch import Stage, Verdict
from bot.ports import MessageKind, NotInvited


async def announce(turn: Turn) -> None:
    """Posts the card once and notes where it is; refuses the launch where the bot may not post."""
    announcer = turn.tools.announcer
    card = None
    if turn.launch.card_intended is not None:
        card = await announcer.find(turn.launch, kind=MessageKind.CARD)
    if card is None:
        await turn.save(card_intended=turn.now())
        try:
            card = await announcer.post(turn.launch)
        except NotInvited as reason:
            await _refuse(turn, str(reason))
            return
    await turn.go_on(Stage.QUEUE, card=card)


async def _refuse(turn: Turn, reason: str) -> None:
    await turn.tools.announcer.refuse(turn.launch, reason)
    await turn.go_on(Stage.DONE, verdict=Verdict.REFUSED, ended=turn.now())
