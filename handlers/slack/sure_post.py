"""Posts that must arrive, and arrive once: a lost answer is looked up before anything is said again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import stamina

from bot.clients.slack import SlackClient
from bot.models.errors import ProblemKind, ServiceError
from bot.models.launch import MessageRef
from bot.ports import Clock, NotInvited
from formatting.message import Message
from handlers.slack.poster import Speaker

# Clocks differ: a message of ours may bear a stamp from a little before it was sent.
SKEW = timedelta(seconds=60)


class SurePost:
    """Posts messages that bear tags of their own, by which one whose answer was lost is found again."""

    def __init__(self, slack: SlackClient, speaker: Speaker, clock: Clock) -> None:
        self._slack = slack
        self._speaker = speaker
        self._clock = clock
        # A table that comes later than a minute answers nobody any more.
        self._tries = stamina.AsyncRetryingCaller(
            attempts=6, timeout=60.0, wait_initial=0.5, wait_jitter=0.5, wait_max=8.0
        )

    async def post(
        self, channel: str, message: Message, *, tags: Mapping[str, str], thread_ts: str = ""
    ) -> MessageRef:
        """Posts a message and returns where it is.

        Raises ServiceError when Slack refuses it, or fails for about 20 s, and NotInvited. Where the bot may
        not read the channel a message whose answer was lost is posted again: a table twice hurts nobody.
        """
        oldest = f"{(self._clock.now() - SKEW).timestamp():.6f}"
        unclear = False

        async def once() -> MessageRef:
            nonlocal unclear
            there = await self._there(channel, tags, oldest, thread_ts) if unclear else None
            try:
                return there or await self._speaker.post(channel, message, thread_ts=thread_ts, tags=tags)
            except ServiceError as error:
                unclear = unclear or not error.problem.effectless
                raise

        return await self._tries(_pause, once)

    async def _there(
        self, channel: str, tags: Mapping[str, str], oldest: str, thread_ts: str
    ) -> MessageRef | None:
        """The message if Slack carried the post out; None if it did not, and where we may not look."""
        try:
            return await self._slack.find(channel, tags=tags, oldest=oldest, thread_ts=thread_ts)
        except NotInvited:
            return None
        except ServiceError as error:
            if error.problem.kind is ProblemKind.DENIED:
                return None
            raise


def _pause(error: Exception) -> bool | float:
    """Whether it is tried again, or the seconds after which Slack wants that."""
    if not isinstance(error, ServiceError) or not error.problem.passing:
        return False
    return error.problem.retry_after or True
