"""Posts and edits the messages of launches in Slack."""

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
    """Implements `bot.ports.LaunchNotifier` for one workspace. CLI launches (no channel) are ignored."""

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
        self._last_shown: dict[str, object] = {}
        self._answers: dict[str, Answer] = {}

    def register_answer(self, launch_id: str, answer: Answer) -> None:
        """Keep the ephemeral answer function of a command, for channels that the bot is not a member of."""
        self._answers[launch_id] = answer

    async def post(self, launch: Launch) -> MessageRef:
        """Post the card and return its reference with the permalink."""
        if not launch.channel_id:
            return MessageRef(channel="", ts="")
        message = card(launch, self._clock.now())
        ref = await self._poster.post(
            launch.channel_id, message, tags={"launch_id": launch.launch_id, "kind": MessageKind.CARD}
        )
        self._answers.pop(launch.launch_id, None)
        return await self._with_permalink(ref)

    async def find(self, launch: Launch, *, kind: MessageKind) -> MessageRef | None:
        """Find a card or closing reply by its metadata, if its post was not recorded."""
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
        return await self._with_permalink(ref) if ref is not None else None

    async def edit(self, launch: Launch) -> None:
        """Queue an edit of the card, which may be dropped if the launch has not changed."""
        edit = self._edit(launch, owed=self._changed(launch))
        if edit is not None:
            self._edit_queue.offer(edit)

    async def flush(self, launch: Launch) -> None:
        """Edit the card a last time; return when Slack has accepted the edit."""
        edit = self._edit(launch, owed=True)
        if edit is not None:
            await self._edit_queue.deliver(edit)
        self._last_shown.pop(launch.launch_id, None)

    async def refuse(self, launch: Launch, reason: str) -> None:
        """Tell the launcher in an ephemeral message that the bot is not in the channel; log `reason`."""
        structlog.get_logger("slack").info("a launch was refused", reason=reason)
        message = messages.invite_me(self._bot_name, f"/launch {launch.text}".rstrip())
        answer = self._answers.pop(launch.launch_id, None)
        if answer is not None:
            await answer(message.text)
            return
        # After a restart the response URL is lost. Slack refuses this post if the bot is not a member.
        with contextlib.suppress(NotInvited):
            await self._poster.post_ephemeral(launch.channel_id, launch.user_id, message)

    async def notify_late_job(self, launch: Launch) -> None:
        """Post in the thread that the job has appeared after the timeout."""
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
        """Upload the curve as a file in the thread, as an image block needs a file that is ready at once."""
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
            # Rendered when sent, as another edit or process may have changed the launch in the meantime.
            latest = await self._latest(launch)
            await self._poster.update(ref.channel, ref.ts, card(latest, self._clock.now()))

        return Edit(channel=ref.channel, ts=ref.ts, send=send, owed=owed)

    async def _latest(self, launch: Launch) -> Launch:
        with contextlib.suppress(StoreError):
            found = await self._launches.get(launch.launch_id)
            if found is not None and found.version > launch.version:
                return found
        return launch

    def _changed(self, launch: Launch) -> bool:
        """Return True if the shown state of the launch has changed, and record the new state."""
        state = (launch.stage, launch.verdict, launch.runners, launch.job, launch.item_state, launch.failure,
                 launch.trouble, launch.cancel_asked)  # fmt: skip
        previous = self._last_shown.get(launch.launch_id)
        self._last_shown[launch.launch_id] = state
        return state != previous

    async def _with_permalink(self, ref: MessageRef) -> MessageRef:
        """Return the reference with its permalink, or without one if Slack does not return it."""
        try:
            return MessageRef(ref.channel, ref.ts, await self._slack.permalink(ref.channel, ref.ts))
        except ServiceError:
            return ref
