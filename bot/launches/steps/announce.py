"""Step 1: the card. Nothing happens outside before people can see it."""

from __future__ import annotations

from bot.launches.context import Turn
from bot.models.errors import ProblemKind, ServiceError
from bot.models.launch import MessageRef, Stage, Verdict
from bot.ports import MessageKind, NotInvited


async def announce(turn: Turn) -> None:
    """Posts the card once and notes where it is; refuses the launch where the bot may not post."""
    try:
        card = await find_card(turn) or await post_card(turn)
    except NotInvited as reason:
        await turn.tools.announcer.refuse(turn.launch, str(reason))
        await turn.go_on(Stage.DONE, verdict=Verdict.REFUSED, ended=turn.now())
        return
    await turn.go_on(Stage.QUEUE, card=card)


async def find_card(turn: Turn) -> MessageRef | None:
    """The card that an earlier try posted without noting it; None when there is none, or nobody can tell."""
    if turn.launch.card_intended is None:
        return None
    try:
        return await turn.tools.announcer.find(turn.launch, kind=MessageKind.CARD)
    except ServiceError as error:
        if error.problem.kind is ProblemKind.DENIED:
            return None
        raise


async def post_card(turn: Turn) -> MessageRef:
    """Post the card; that it is about to be posted is written down first. Raise ServiceError, NotInvited."""
    if turn.launch.card_intended is None:
        await turn.save(card_intended=turn.now())
    return await turn.tools.announcer.post(turn.launch)
