"""Step 1: post the card. No external effect happens before it is visible."""

from __future__ import annotations

from bot.launches.context import StepContext
from bot.models.errors import ProblemKind, ServiceError
from bot.models.launch import MessageRef, Stage, Verdict
from bot.ports import MessageKind, NotInvited


async def announce(context: StepContext) -> None:
    """Post the card once and save its reference; refuse the launch where the bot may not post."""
    try:
        card = await find_card(context) or await post_card(context)
    except NotInvited as reason:
        await context.dependencies.notifier.refuse(context.launch, str(reason))
        await context.transition_to(Stage.DONE, verdict=Verdict.REFUSED, ended=context.now())
        return
    await context.transition_to(Stage.QUEUE, card=card)


async def find_card(context: StepContext) -> MessageRef | None:
    """Return the card that an earlier attempt posted but did not save.

    None when there is none, or when the bot may not read the channel.
    """
    if context.launch.card_intended is None:
        return None
    try:
        return await context.dependencies.notifier.find(context.launch, kind=MessageKind.CARD)
    except ServiceError as error:
        if error.problem.kind is ProblemKind.DENIED:
            return None
        raise


async def post_card(context: StepContext) -> MessageRef:
    """Save the intent, then post the card. Raise ServiceError, NotInvited."""
    if context.launch.card_intended is None:
        await context.save(card_intended=context.now())
    return await context.dependencies.notifier.post(context.launch)
