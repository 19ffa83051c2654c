"""Stores the messages of the workspace, including threads and ephemeral messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack.screens import Screens
from bot.sandbox.slack.settings import BOT_USER
from bot.sandbox.slack.wire import Json


@dataclass(slots=True)
class Message:
    """A message: `body` as in the Web API, and flags for the page.

    `plans_collapsed`: an edit collapses plan blocks (https://github.com/slackapi/node-slack-sdk/issues/2701).
    `reader`: the user who sees an ephemeral message, else "".
    """

    channel: str
    body: Json
    plans_collapsed: bool = False
    reader: str = ""

    @property
    def ts(self) -> str:
        """The timestamp, which identifies the message in its channel."""
        return str(self.body["ts"])

    @property
    def thread_ts(self) -> str:
        """The timestamp of the thread's parent, "" outside threads."""
        return str(self.body.get("thread_ts", ""))

    @property
    def is_reply(self) -> bool:
        """Whether it is a reply in a thread."""
        return self.thread_ts not in ("", self.ts)

    def shown(self) -> Json:
        """Return the message with the flags for the page."""
        flags: Json = {"plans_collapsed": self.plans_collapsed}
        if self.reader:
            flags |= {"is_ephemeral": True, "reader": self.reader}
        return self.body | flags


class Stamps:
    """Creates strictly increasing timestamps, at least one microsecond apart."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._last = now, 0

    def mint(self) -> str:
        """Return the next timestamp, "seconds.microseconds"."""
        self._last = max(int(self._now() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


class Messages:
    """All messages by channel; every change is sent to the open pages."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._public: dict[str, dict[str, Message]] = {}
        self._private: dict[str, Message] = {}

    def of(self, channel: str) -> list[Message]:
        """Return all messages of a channel, replies included, oldest first."""
        return list(self._public.get(channel, {}).values())

    def thread(self, channel: str, parent_ts: str) -> list[Message]:
        """Return a parent followed by its replies."""
        return [one for one in self.of(channel) if parent_ts in (one.ts, one.thread_ts)]

    def private_of(self, user: str) -> list[Message]:
        """Return a user's ephemeral messages, oldest first."""
        return [message for message in self._private.values() if message.reader == user]

    def find(self, channel: str, ts: str) -> Message | None:
        """Return a message that is visible to the whole channel, or None."""
        return self._public.get(channel, {}).get(ts)

    def find_private(self, ts: str) -> Message | None:
        """Return an ephemeral message, or None; chat.update never finds these."""
        return self._private.get(ts)

    def post(self, channel: str, body: Json) -> Message:
        """Add a message; a reply updates the counts of its thread's parent."""
        message = Message(channel, body)
        self._public.setdefault(channel, {})[message.ts] = message
        self._screens.send({"type": "message", "channel": channel, "message": message.shown()})
        if message.is_reply:
            self._count_replies(channel, message.thread_ts)
        return message

    def post_ephemeral(self, channel: str, reader: str, body: Json) -> Message:
        """Add an ephemeral message for one user."""
        message = Message(channel, body, reader=reader)
        self._private[message.ts] = message
        self._tell_private(message)
        return message

    def change(self, message: Message, changes: Json, *, dropped: tuple[str, ...] = ()) -> None:
        """Edit a message; any edit collapses its plan blocks."""
        for name in dropped:
            message.body.pop(name, None)
        message.body.update(changes)
        message.plans_collapsed = True
        self.show(message)

    def show(self, message: Message) -> None:
        """Send a changed message to the pages."""
        self._screens.send(
            {
                "type": "message_changed",
                "channel": message.channel,
                "message": message.shown(),
                **({"user": message.reader} if message.reader else {}),
            }
        )

    def delete(self, message: Message) -> None:
        """Delete a message; a parent with replies becomes a tombstone."""
        if message.body.get("reply_count"):
            tombstone = {"subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT"}
            self.change(message, tombstone, dropped=("blocks", "files", "metadata", "attachments", "bot_id"))
            return
        self._private.pop(message.ts, None)
        self._public.get(message.channel, {}).pop(message.ts, None)
        gone: Json = {"type": "message_deleted", "channel": message.channel, "ts": message.ts}
        self._screens.send(gone | ({"user": message.reader} if message.reader else {}))
        if message.is_reply:
            self._count_replies(message.channel, message.thread_ts)

    def _tell_private(self, message: Message) -> None:
        self._screens.send(
            {
                "type": "ephemeral",
                "channel": message.channel,
                "user": message.reader,
                "message": message.shown(),
            }
        )

    def _count_replies(self, channel: str, parent_ts: str) -> None:
        parent = self.find(channel, parent_ts)
        if parent is None:
            return
        replies = self.thread(channel, parent_ts)[1:]
        users = list(dict.fromkeys(reply.body.get("user", BOT_USER) for reply in replies))
        parent.body.update(
            {
                "thread_ts": parent_ts,
                "reply_count": len(replies),
                "reply_users": users,
                "reply_users_count": len(users),
                "latest_reply": replies[-1].ts if replies else parent_ts,
            }
        )
        self.show(parent)
