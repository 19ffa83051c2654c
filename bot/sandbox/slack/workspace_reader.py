"""Read access to a workspace from its own process."""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox.slack import inspection
from bot.sandbox.slack.directory import Channel
from bot.sandbox.slack.files import StoredFile
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.render import channel_text
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.traffic_log import TrafficLog
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import World


class WorkspaceReader:
    """Reads a world; users and channels are given by id or name, an unknown one raises KeyError."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._sockets = SocketMode(world)

    @property
    def traffic(self) -> TrafficLog:
        """The log of calls, acks and connections."""
        return self.world.traffic

    @property
    def connections(self) -> int:
        """The number of open Socket Mode connections."""
        return self._sockets.count

    def messages(self, channel: str) -> list[Message]:
        """Return all messages of a channel, replies included, oldest first."""
        return self.world.messages.of(self._channel_of(channel).id)

    def thread(self, channel: str, parent_ts: str) -> list[Message]:
        """Return a message followed by its replies."""
        return self.world.messages.thread(self._channel_of(channel).id, parent_ts)

    def ephemerals(self, user: str) -> list[Message]:
        """Return a user's ephemeral messages, oldest first."""
        return self.world.messages.private_of(self._user(user))

    def files(self) -> list[StoredFile]:
        """Return all files with their content."""
        return self.world.files.all()

    def home(self, user: str) -> Json | None:
        """Return the App Home last published for a user, or None."""
        return self.world.views.home(self._user(user))

    def view(self, user: str) -> Json | None:
        """Return a user's topmost modal, or None."""
        return self.world.views.top(self._user(user))

    def state(self) -> Json:
        """Return the whole state as JSON; see `inspection.state`."""
        return inspection.state(self.world, self.connections)

    def render_text(self, channel: str, *, reader: str = "") -> str:
        """Return a channel with its threads as plain text; `reader` adds that user's ephemeral messages."""
        person = self._user(reader) if reader else ""
        return channel_text(self.world, self._channel_of(channel).id, reader=person)

    async def wait_until(self, happened: Callable[[], object], seconds: float = 5.0) -> None:
        """Return once `happened()` is true, checked after every change.

        Raise TimeoutError after `seconds`.
        """
        await self.world.screens.wait_until(happened, seconds)

    def _user(self, name: str) -> str:
        return self.world.directory.user_id(name)

    def _channel_of(self, name: str) -> Channel:
        return self.world.directory.channel(name)
