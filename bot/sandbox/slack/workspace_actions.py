"""Actions in a workspace: those of users by name, fault switches, and connection failures."""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack import inspection
from bot.sandbox.slack.ack_benchmark import AckBenchmark, measure_acks
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.http_mode import HttpMode
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.user_actions import UserActions
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.workspace_reader import WorkspaceReader
from bot.sandbox.slack.world import World


class WorkspaceActions(WorkspaceReader):
    """Performs user actions by name, and controls faults and connections."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._delivery = Delivery(world, self._sockets)
        self._people = UserActions(world, self._delivery)

    async def type_text(self, user: str, channel: str, text: str, *, thread_ts: str = "") -> Outcome:
        """Send text from the composer; a command's outcome holds the app's acknowledgement."""
        return await self._people.type_text(self._user(user), self._channel_of(channel), text, thread_ts)

    async def press(
        self, user: str, channel: str, action_id: str, *, ts: str = "", block_id: str = "", option: str = ""
    ) -> Outcome:
        """Press a button or choose an option (by value) in the newest message that offers it to this user.

        `ts` selects one message. Raise KeyError when no message has the element.
        """
        person, where = self._user(user), self._channel_of(channel).id
        private = [one for one in self.world.messages.private_of(person) if one.channel == where]
        seen = sorted([*self.world.messages.of(where), *private], key=lambda one: float(one.ts))
        message = inspection.latest_with([one for one in seen if ts in ("", one.ts)], action_id)
        return await self._people.press(person, message, block_id, action_id, _chosen(option))

    async def press_in_view(
        self, user: str, action_id: str, *, block_id: str = "", option: str = ""
    ) -> Outcome:
        """Press an element of the user's topmost modal or, if none is open, of the App Home."""
        person = self._user(user)
        view = self.world.views.top(person) or self.world.views.home(person)
        if view is None:
            raise KeyError(f"{user} has no modal open and no App Home.")
        return await self._people.press_in_view(person, view, block_id, action_id, _chosen(option))

    async def submit_view(self, user: str, values: Json) -> Outcome:
        """Submit the topmost modal with its values: block_id to action_id to state."""
        person = self._user(user)
        view = self.world.views.top(person)
        if view is None:
            raise KeyError(f"{user} has no modal open.")
        return await self._people.submit(person, view, values)

    async def close_view(self, user: str) -> Outcome:
        """Close the topmost modal without submitting it."""
        return await self._people.close_view(self._user(user))

    def open_home(self, user: str) -> Json | None:
        """Open the App Home tab and return its current view. The app receives the event."""
        person = self._user(user)
        self._people.open_home(person)
        return self.world.views.home(person)

    def join(self, user: str, channel: str) -> bool:
        """Add a user, or the bot by its name, to a channel; return whether it was not a member before."""
        return self._people.join(self._user(user), self._channel_of(channel))

    @property
    def faults(self) -> Faults:
        """The current fault switches."""
        return self.world.faults

    def set_faults(self, **changes: Any) -> None:
        """Set fault switches by name; raise ValueError for an unknown one."""
        self.world.faults.change(changes, self.world.now())

    async def disconnect(self, reason: str = "refresh_requested", close_after: float | None = None) -> None:
        """Tell the app's connections to disconnect; close them after `close_after` seconds if given."""
        await self._sockets.disconnect(reason, close_after)

    def abort_connections(self, how_many: int | None = None) -> None:
        """Abort connections without a close frame; all of them by default."""
        self._sockets.abort(how_many)

    async def measure_acks(
        self, count: int, concurrency: int, command: str, *, user: str = "", channel: str = ""
    ) -> AckBenchmark:
        """Measure how fast the app acknowledges `count` commands, `concurrency` at a time."""
        return await measure_acks(
            self._delivery,
            Payloads(self.world),
            user=self._user(user or self.world.settings.people[0].id),
            channel=self._channel_of(channel or self.world.settings.channels[0].id),
            command=command,
            count=count,
            concurrency=concurrency,
        )

    async def use_http(self, request_url: str) -> None:
        """Send payloads to this URL from now on; "" switches back to Socket Mode."""
        if self._delivery.http is not None:
            await self._delivery.http.close()
        self._delivery.http = HttpMode(self.world, request_url) if request_url else None

    async def verify_request_url(self) -> bool:
        """Return whether the request URL answers Slack's challenge; False without HTTP mode."""
        return self._delivery.http is not None and await self._delivery.http.verify()


def _chosen(option: str) -> Json:
    return {"selected_option": option} if option else {}
