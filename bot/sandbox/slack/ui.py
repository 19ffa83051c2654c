"""The page's WebSocket: sends changes, receives user actions."""

from __future__ import annotations

import asyncio
import contextlib
import json

from aiohttp import WSMsgType, web

from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.guard import reject_foreign_origin
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.user_actions import UserActions
from bot.sandbox.slack.wire import Json, RefusedError
from bot.sandbox.slack.world import World

HEARTBEAT_SECONDS = 20.0


class PageSocket:
    """Serves /ui/ws: sends a snapshot, then every change; receives the user's actions."""

    def __init__(self, world: World, people: UserActions, delivery: Delivery, sockets: SocketMode) -> None:
        self._world, self._people = world, people
        self._delivery, self._sockets = delivery, sockets

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one open page."""
        reject_foreign_origin(request)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        await socket.prepare(request)
        queue = self._world.screens.open()
        await socket.send_json(self.snapshot())
        writer = asyncio.get_running_loop().create_task(_write(socket, queue))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._world.spawn(self._take(socket, message.data))
        finally:
            self._world.screens.close(queue)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return socket

    def snapshot(self) -> Json:
        """Return the data of a new page; as in Slack, ephemeral messages are gone after a reload."""
        world, settings = self._world, self._world.settings
        channels = world.directory.channels
        return {
            "type": "snapshot",
            "title": settings.title,
            "subtitle": settings.subtitle,
            "me_default": settings.people[0].id,
            "users": world.directory.users,
            "channels": {key: channel.shown() for key, channel in channels.items()},
            "commands": [
                {"name": one.name, "hint": one.hint, "description": one.description}
                for one in settings.commands
            ],
            "conn": self._sockets.count,
            "mode": self._delivery.mode,
            "messages": {key: [one.shown() for one in world.messages.of(key)] for key in channels},
        }

    async def _take(self, socket: web.WebSocketResponse, text: str) -> None:
        """Execute a request of the page; an invalid one returns an error message and has no effect."""
        try:
            await self._do(json.loads(text))
        except (KeyError, TypeError, ValueError, AttributeError, RefusedError) as wrong:
            reason = wrong.args[0] if wrong.args else wrong
            with contextlib.suppress(ConnectionError):
                await socket.send_json({"type": "error", "error": f"That did not work: {reason}"})

    async def _do(self, request: Json) -> None:
        user = self._world.directory.user_id(request["user"])
        kind = request["type"]
        if kind == "text":
            channel = self._world.directory.channel(request["channel"])
            await self._people.type_text(user, channel, request["text"], request.get("thread_ts") or "")
        elif kind == "action":
            await self._press(user, request)
        elif kind == "view_submit":
            view = self._world.views.find(request["view_id"])
            await self._people.submit(user, view, request["values"])
        elif kind == "view_close":
            await self._people.close_view(user)
        elif kind == "home_opened":
            self._people.open_home(user)
        elif kind == "channel_join":
            self._people.join(user, self._world.directory.channel(request["channel"]))
        else:
            raise ValueError(f"the page sent the unknown request {kind}.")

    async def _press(self, user: str, request: Json) -> None:
        element = request.get("element") or {}
        action_id = request.get("action_id") or element["action_id"]
        block_id = request.get("block_id") or ""
        chosen = {name: value for name, value in request.items() if name.startswith("selected_")}
        if request.get("view_id"):
            view = self._world.views.find(request["view_id"])
            await self._people.press_in_view(user, view, block_id, action_id, chosen)
        else:
            await self._people.press(user, self._message(request), block_id, action_id, chosen)

    def _message(self, request: Json) -> Message:
        messages = self._world.messages
        found = messages.find(request["channel"], request["ts"]) or messages.find_private(request["ts"])
        if found is None:
            raise KeyError("the message is gone.")
        return found


async def _write(socket: web.WebSocketResponse, queue: asyncio.Queue[Json | None]) -> None:
    while (event := await queue.get()) is not None:
        try:
            await socket.send_json(event)
        except ConnectionError:
            return
    await socket.close()
