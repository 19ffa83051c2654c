"""Says a message in Slack as well as the workspace can show it: refused blocks fall back to plain ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TypeVar

import structlog

from bot.clients.slack import BlocksRefused, MessageRefused, Outgoing, SlackClient
from bot.models.errors import StoreError
from bot.models.launch import MessageRef
from bot.ports import Clock, Workspaces
from formatting.message import Message
from formatting.plain_fallback import plain

T = TypeVar("T")
# A message holds at most so many types of blocks that can be refused one after the other.
MAX_REFUSALS = 4


class Speaker:
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
        """Posts a message and returns where it is."""
        return await self._try(
            message, lambda out: self._slack.post(channel, out, thread_ts=thread_ts), tags=tags
        )

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Rewrites a message of ours."""
        await self._try(message, lambda out: self._slack.update(channel, ts, out))

    async def whisper(self, channel: str, user: str, message: Message, *, thread_ts: str = "") -> None:
        """Shows a message to one person."""
        await self._try(message, lambda out: self._slack.whisper(channel, user, out, thread_ts=thread_ts))

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
