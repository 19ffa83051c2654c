"""Posts messages in Slack, with idempotent retries and with a fallback for refused blocks."""

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

# Clocks differ: the timestamp of a message may be a little before the time of sending.
SKEW = timedelta(seconds=60)


class IdempotentPoster:
    """Posts messages with unique tags, and retries without posting twice.

    If the response to a post was lost, the message is searched by its tags before the next attempt.
    """

    def __init__(self, slack: SlackClient, poster: MessagePoster, clock: Clock) -> None:
        self._slack = slack
        self._poster = poster
        self._clock = clock
        # A table is of no use after a minute.
        self._tries = stamina.AsyncRetryingCaller(
            attempts=6, timeout=60.0, wait_initial=0.5, wait_jitter=0.5, wait_max=8.0
        )

    async def post(
        self, channel: str, message: Message, *, tags: Mapping[str, str], thread_ts: str = ""
    ) -> MessageRef:
        """Post a message and return its reference.

        Raise ServiceError when Slack refuses it, or fails for about 20 s, and NotInvited. If the bot may not
        read the channel, a message whose response was lost is posted again, so it may appear twice.
        """
        oldest = f"{(self._clock.now() - SKEW).timestamp():.6f}"
        unclear = False

        async def once() -> MessageRef:
            nonlocal unclear
            posted = await self._find_posted(channel, tags, oldest, thread_ts) if unclear else None
            try:
                return posted or await self._poster.post(channel, message, thread_ts=thread_ts, tags=tags)
            except ServiceError as error:
                unclear = unclear or not error.problem.effectless
                raise

        return await self._tries(_retry_delay, once)

    async def _find_posted(
        self, channel: str, tags: Mapping[str, str], oldest: str, thread_ts: str
    ) -> MessageRef | None:
        """Return the message if it was posted; None if it was not, or if the bot may not read the channel."""
        try:
            return await self._slack.find(channel, tags=tags, oldest=oldest, thread_ts=thread_ts)
        except NotInvited:
            return None
        except ServiceError as error:
            if error.problem.kind is ProblemKind.DENIED:
                return None
            raise


def _retry_delay(error: Exception) -> bool | float:
    """Return False for no retry, True for a retry, or the seconds that Slack asks to wait."""
    if not isinstance(error, ServiceError) or not error.problem.passing:
        return False
    return error.problem.retry_after or True


T = TypeVar("T")
# Number of block types in a message that can be refused one after the other.
MAX_REFUSALS = 4


class MessagePoster:
    """Posts and edits messages in one workspace, also ephemeral ones.

    A block type that the workspace refuses by name is not sent again for the setting `timing.refusal_hours`.
    After any other refusal the text of this message is sent once without blocks. Each refusal is logged as
    an error. Methods raise the errors of SlackClient.
    """

    def __init__(
        self, slack: SlackClient, workspaces: Workspaces, clock: Clock, *, team_id: str, refusal_hours: float
    ) -> None:
        self._slack = slack
        self._workspaces = workspaces
        self._clock = clock
        self._team = team_id
        self._refusal_time = timedelta(hours=refusal_hours)
        self._log = structlog.get_logger("slack")

    async def post(
        self, channel: str, message: Message, *, thread_ts: str = "", tags: Mapping[str, str] | None = None
    ) -> MessageRef:
        """Post a message and return its reference."""
        return await self._send_with_fallback(
            message, lambda out: self._slack.post(channel, out, thread_ts=thread_ts), tags=tags
        )

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Edit a message of the bot."""
        await self._send_with_fallback(message, lambda out: self._slack.update(channel, ts, out))

    async def post_ephemeral(self, channel: str, user: str, message: Message, *, thread_ts: str = "") -> None:
        """Send a message that only one user sees."""
        await self._send_with_fallback(
            message, lambda out: self._slack.post_ephemeral(channel, user, out, thread_ts=thread_ts)
        )

    async def _send_with_fallback(
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
                # Only top-level types are stored: a refused nested type is not unsupported in general.
                new_types = (refusal.types & {block["type"] for block in shown.blocks}) - refused
                if not new_types:
                    self._log.error("Slack refused a message's blocks", reason=str(refusal))
                    break
                refused |= new_types
                await self._store_refused(new_types)
            except MessageRefused as error:
                if not shown.blocks:
                    raise
                # The blocks are too long or invalid: send the text, so that users still get the message.
                self._log.error("Slack refused a message's blocks", reason=str(error))
                break
        return await send(Outgoing(text=message.text, blocks=(), tags=tags))

    async def _refused(self) -> frozenset[str]:
        try:
            return await self._workspaces.refused_blocks(self._team, self._clock.now())
        except StoreError:
            return frozenset()

    async def _store_refused(self, types: frozenset[str]) -> None:
        until = self._clock.now() + self._refusal_time
        for block_type in sorted(types):
            self._log.error("the workspace refuses a block type", block=block_type, until=until.isoformat())
            try:
                await self._workspaces.refuse_block(self._team, block_type, until)
            except StoreError as error:
                self._log.warning("a refused block type could not be stored", reason=str(error))
