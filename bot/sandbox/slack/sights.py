"""What can be seen of a workspace, from inside the process that runs it."""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox.slack import inspection
from bot.sandbox.slack.directory import Channel
from bot.sandbox.slack.files import StoredFile
from bot.sandbox.slack.journal import Journal
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.render import channel_text
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import World


class Sights:
    """Looks at a world; people and channels are named by id or name, an unknown one raises KeyError."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._sockets = SocketMode(world)

    @property
    def journal(self) -> Journal:
        """Calls, acks and connections so far."""
        return self.world.journal

    @property
    def connections(self) -> int:
        """The app's open Socket Mode connections."""
        return self._sockets.count

    def messages(self, channel: str) -> list[Message]:
        """Everything in a channel, replies included, oldest first."""
        return self.world.messages.of(self._channel_of(channel).id)

    def thread(self, channel: str, parent_ts: str) -> list[Message]:
        """Return a message followed by its replies."""
        return self.world.messages.thread(self._channel_of(channel).id, parent_ts)

    def ephemerals(self, user: str) -> list[Message]:
        """Return what only this person sees now, oldest first."""
        return self.world.messages.private_of(self._user(user))

    def files(self) -> list[StoredFile]:
        """All files with their content."""
        return self.world.files.all()

    def home(self, user: str) -> Json | None:
        """Return the App Home last published for a person."""
        return self.world.views.home(self._user(user))

    def view(self, user: str) -> Json | None:
        """Return the modal in front of a person."""
        return self.world.views.top(self._user(user))

    def state(self) -> Json:
        """All of it as JSON; see `inspection.state`."""
        return inspection.state(self.world, self.connections)

    def render_text(self, channel: str, *, reader: str = "") -> str:
        """Return a channel with its threads as plain text; with `reader` also what only that person sees."""
        person = self._user(reader) if reader else ""
        return channel_text(self.world, self._channel_of(channel).id, reader=person)

    async def wait_until(self, happened: Callable[[], object], seconds: float = 5.0) -> None:
        """Return once `happened()` is true, asked at every change; raises TimeoutError after that long."""
        await self.world.screens.wait_until(happened, seconds)

    def _user(self, name: str) -> str:
        return self.world.directory.user_id(name)

    def _channel_of(self, name: str) -> Channel:
        return self.world.directory.channel(name)
