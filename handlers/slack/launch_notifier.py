"""Renders a launch's card and says it in Slack."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from bot.clients.slack import EditQueue, SlackClient
from bot.clients.slack.edit_queue import Edit
from bot.models.errors import ServiceError, StoreError
from bot.models.launch import Launch, MessageRef
from bot.ports import Clock, Launches, MessageKind, NotInvited
from formatting import messages
from formatting.card.card import card
from formatting.card.chart import draw
from formatting.card.closing_reply import closing_reply, curve_line, late_job_reply
from handlers.slack.poster import MessagePoster

Answer: TypeAlias = Callable[[str], Awaitable[object]]


class SlackLaunchNotifier:
    """Fulfils `bot.ports.Announcer` in one workspace; launches without a channel are none of its business."""

    def __init__(
        self,
        slack: SlackClient,
        poster: MessagePoster,
        edit_queue: EditQueue,
        clock: Clock,
        launches: Launches,
        *,
        bot_name: str,
    ) -> None:
        self._slack = slack
        self._launches = launches
        self._poster = poster
        self._edit_queue = edit_queue
        self._clock = clock
        self._bot_name = bot_name
        self._shown: dict[str, object] = {}
        self._answers: dict[str, Answer] = {}

    def expect(self, launch_id: str, answer: Answer) -> None:
        """Keep the way to answer a command privately: where the bot is no member there is no other."""
        self._answers[launch_id] = answer

    async def post(self, launch: Launch) -> MessageRef:
        """Post the card and returns where it is, with its permalink."""
        if not launch.channel_id:
            return MessageRef(channel="", ts="")
        message = card(launch, self._clock.now())
        ref = await self._poster.post(
            launch.channel_id, message, tags={"launch_id": launch.launch_id, "kind": MessageKind.CARD}
        )
        self._answers.pop(launch.launch_id, None)
        return await self._linked(ref)

    async def find(self, launch: Launch, *, kind: MessageKind) -> MessageRef | None:
        """Return a card or closing reply that we posted without noting it, by its metadata."""
        since = launch.card_intended if kind is MessageKind.CARD else launch.reply_intended
        if not launch.channel_id or since is None:
            return None
        thread = launch.card.ts if kind is MessageKind.CLOSING and launch.card else ""
        ref = await self._slack.find(
            launch.channel_id,
            tags={"launch_id": launch.launch_id, "kind": kind},
            oldest=f"{since.timestamp() - 60:.6f}",
            thread_ts=thread,
        )
        return await self._linked(ref) if ref is not None else None

    async def edit(self, launch: Launch) -> None:
        """Hands an edit of the card to the outbox: owed when the launch has changed, else only a tick."""
        edit = self._edit(launch, owed=self._changed(launch))
        if edit is not None:
            self._edit_queue.offer(edit)

    async def flush(self, launch: Launch) -> None:
        """Edits the card a last time; returns once Slack has taken it."""
        edit = self._edit(launch, owed=True)
        if edit is not None:
            await self._edit_queue.deliver(edit)
        self._shown.pop(launch.launch_id, None)

    async def refuse(self, launch: Launch, reason: str) -> None:
        """Tells the launcher privately that the bot is not in the channel; Slack's word for it is logged."""
        structlog.get_logger("slack").info("a launch was refused", reason=reason)
        message = messages.invite_me(self._bot_name, f"/launch {launch.text}".rstrip())
        answer = self._answers.pop(launch.launch_id, None)
        if answer is not None:
            await answer(message.text)
            return
        # After a restart the command's own way is gone; Slack refuses this where we are no member.
        with contextlib.suppress(NotInvited):
            await self._poster.post_ephemeral(launch.channel_id, launch.user_id, message)

    async def notify_late_job(self, launch: Launch) -> None:
        """Says in the thread that the job has come after all."""
        if launch.card is None or not launch.channel_id:
            return
        with contextlib.suppress(ServiceError, NotInvited):
            await self._poster.post(launch.channel_id, late_job_reply(launch), thread_ts=launch.card.ts)

    async def close(self, launch: Launch) -> MessageRef:
        """Post the closing reply into the card's thread."""
        if launch.card is None or not launch.channel_id:
            return MessageRef(channel="", ts="")
        return await self._poster.post(
            launch.channel_id,
            closing_reply(launch),
            thread_ts=launch.card.ts,
            tags={"launch_id": launch.launch_id, "kind": MessageKind.CLOSING},
        )

    async def upload_chart(self, launch: Launch) -> None:
        """Upload the curve straight into the thread: for a block a picture would not be ready at once."""
        if launch.card is None or not launch.channel_id or launch.curve is None:
            return
        try:
            picture = await asyncio.to_thread(draw, launch.curve)
            await self._slack.upload_picture(
                launch.channel_id,
                launch.card.ts,
                filename=f"{launch.launch_id}.png",
                title=f"{launch.curve.key} of {launch.name}",
                picture=picture,
                alt=curve_line(launch.curve),
            )
        except (ServiceError, NotInvited) as error:
            structlog.get_logger("slack").warning("a curve was not shared", reason=str(error))

    def _edit(self, launch: Launch, *, owed: bool) -> Edit | None:
        ref = launch.card
        if ref is None or not ref.ts:
            return None

        async def send() -> None:
            # Rendered when it is sent: an edit that waited may have been overtaken, even by another process.
            newest = await self._newest(launch)
            await self._poster.update(ref.channel, ref.ts, card(newest, self._clock.now()))

        return Edit(channel=ref.channel, ts=ref.ts, send=send, owed=owed)

    async def _newest(self, launch: Launch) -> Launch:
        with contextlib.suppress(StoreError):
            found = await self._launches.get(launch.launch_id)
            if found is not None and found.version > launch.version:
                return found
        return launch

    def _changed(self, launch: Launch) -> bool:
        """Whether people must see this launch anew; remembers what was shown."""
        facts = (launch.stage, launch.verdict, launch.runners, launch.job, launch.item_state, launch.failure,
                 launch.trouble, launch.cancel_asked)  # fmt: skip
        before = self._shown.get(launch.launch_id)
        self._shown[launch.launch_id] = facts
        return facts != before

    async def _linked(self, ref: MessageRef) -> MessageRef:
        """Return the message with its permalink; without one when Slack does not say."""
        try:
            return MessageRef(ref.channel, ref.ts, await self._slack.permalink(ref.channel, ref.ts))
        except ServiceError:
            return ref
