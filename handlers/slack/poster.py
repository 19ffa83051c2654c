"""Says a message in Slack as well as the workspace can show it: refused blocks fall back to plain ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TypeVar

import stamina
import structlog

from bot.clients.slack import BlocksRefused, MessageRefused, Outgoing, SlackClient
from bot.models.errors import ProblemKind, ServiceError, StoreError
from bot.models.launch import MessageRef
from bot.ports import Clock, NotInvited, Workspaces
from formatting.message import Message
from formatting.plain_fallback import plain

# Clocks differ: a message of ours may bear a stamp from a little before it was sent.
SKEW = timedelta(seconds=60)


class IdempotentPoster:
    """Posts messages that bear tags of their own, by which one whose answer was lost is found again."""

    def __init__(self, slack: SlackClient, poster: MessagePoster, clock: Clock) -> None:
        self._slack = slack
        self._poster = poster
        self._clock = clock
        # A table that comes later than a minute answers nobody any more.
        self._tries = stamina.AsyncRetryingCaller(
            attempts=6, timeout=60.0, wait_initial=0.5, wait_jitter=0.5, wait_max=8.0
        )

    async def post(
        self, channel: str, message: Message, *, tags: Mapping[str, str], thread_ts: str = ""
    ) -> MessageRef:
        """Post a message and returns where it is.

        Raise ServiceError when Slack refuses it, or fails for about 20 s, and NotInvited. Where the bot may
        not read the channel a message whose answer was lost is posted again: a table twice hurts nobody.
        """
        oldest = f"{(self._clock.now() - SKEW).timestamp():.6f}"
        unclear = False

        async def once() -> MessageRef:
            nonlocal unclear
            there = await self._there(channel, tags, oldest, thread_ts) if unclear else None
            try:
                return there or await self._poster.post(channel, message, thread_ts=thread_ts, tags=tags)
            except ServiceError as error:
                unclear = unclear or not error.problem.effectless
                raise

        return await self._tries(_pause, once)

    async def _there(
        self, channel: str, tags: Mapping[str, str], oldest: str, thread_ts: str
    ) -> MessageRef | None:
        """Return the message if Slack carried the post out; None if it did not, and where we may not look."""
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


T = TypeVar("T")
# A message holds at most so many types of blocks that can be refused one after the other.
MAX_REFUSALS = 4


class MessagePoster:
    """Posts, edits and whispers messages in one workspace.

    A block type that the workspace refuses by name is not tried again for the settings'
    `timing.refusal_hours`. After any other refusal of this one message its text is sent once, without blocks,
    and the next message is tried in full. Each refusal is logged as an error. Raises what SlackClient raises.
    """

    def __init__(
        self, slack: SlackClient, workspaces: Workspaces, clock: Clock, *, team_id: str, refusal_hours: float
    ) -> None:
        self._slack = slack
        self._workspaces = workspaces
        self._clock = clock
        self._team = team_id
        self._hours = timedelta(hours=refusal_hours)
        self._log = structlog.get_logger("slack")

    async def post(
        self, channel: str, message: Message, *, thread_ts: str = "", tags: Mapping[str, str] | None = None
    ) -> MessageRef:
        """Post a message and returns where it is."""
        return await self._try(
            message, lambda out: self._slack.post(channel, out, thread_ts=thread_ts), tags=tags
        )

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Rewrites a message of ours."""
        await self._try(message, lambda out: self._slack.update(channel, ts, out))

    async def post_ephemeral(self, channel: str, user: str, message: Message, *, thread_ts: str = "") -> None:
        """Show a message to one person."""
        await self._try(
            message, lambda out: self._slack.post_ephemeral(channel, user, out, thread_ts=thread_ts)
        )

    async def _try(
        self,
        message: Message,
        send: Callable[[Outgoing], Awaitable[T]],
        *,
        tags: Mapping[str, str] | None = None,
    ) -> T:
        refused = await self._refused()
        for _ in range(MAX_REFUSALS):
            shown = plain(message, refused) if refused else message
            try:
                return await send(Outgoing(text=shown.text, blocks=shown.blocks, tags=tags))
            except BlocksRefused as refusal:
                # Of a type that stands only inside another block the workspace says nothing.
                new = (refusal.types & {block["type"] for block in shown.blocks}) - refused
                if not new:
                    self._log.error("Slack refused a message's blocks", reason=str(refusal))
                    break
                refused |= new
                await self._remember(new)
            except MessageRefused as error:
                if not shown.blocks:
                    raise
                # Too long, or a mistake of ours in the looks: it must not keep the words from people.
                self._log.error("Slack refused a message's blocks", reason=str(error))
                break
        return await send(Outgoing(text=message.text, blocks=(), tags=tags))

    async def _refused(self) -> frozenset[str]:
        try:
            return await self._workspaces.refused_blocks(self._team, self._clock.now())
        except StoreError:
            return frozenset()

    async def _remember(self, types: frozenset[str]) -> None:
        until = self._clock.now() + self._hours
        for block_type in sorted(types):
            self._log.error("the workspace refuses a block type", block=block_type, until=until.isoformat())
            try:
                await self._workspaces.refuse_block(self._team, block_type, until)
            except StoreError as error:
                self._log.warning("a refusal could not be remembered", reason=str(error))
