"""Socket Mode: up to ten connections per app; each payload goes to one of them.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets
import time
import uuid
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from bot.sandbox.slack.outcome import TIMEOUT, UNREACHABLE, Outcome, Retry
from bot.sandbox.slack.settings import APP_ID
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import World

CONNECTION_LIMIT = 10
CONNECTION_SECONDS = 18_060
REASONS = ("warning", "refresh_requested", "link_disabled", "too_many_websockets")


@dataclass(slots=True)
class _Waiting:
    connection: str
    answer: asyncio.Future[tuple[str, Json]]


class SocketMode:
    """Manages the app's connections, sends envelopes and receives acks."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._requests: dict[str, web.Request] = {}
        self._waiting: dict[str, _Waiting] = {}

    @property
    def count(self) -> int:
        """The number of open connections."""
        return len(self._sockets)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection; a ticket is valid for one connection."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._world.tickets:
            return web.Response(status=401, text="invalid ticket")
        self._world.tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.count >= CONNECTION_LIMIT:
            await socket.send_json(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        name = secrets.token_hex(4)
        self._sockets[name], self._requests[name] = socket, request
        self._note(name, "open")
        try:
            # The client may have disconnected before the hello.
            with contextlib.suppress(ConnectionError):
                await socket.send_json(self._hello())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._take(name, message.data)
        finally:
            self._sockets.pop(name, None)
            self._requests.pop(name, None)
            self._note(name, "close")
        return socket

    async def send(self, kind: str, payload: Json, retry: Retry | None) -> Outcome:
        """Send one payload over a random connection and wait for its ack."""
        if not self._sockets:
            return Outcome(UNREACHABLE)
        # Random choice only distributes the load; it needs no secure generator.
        name = random.choice(list(self._sockets))  # noqa: S311  see above
        envelope = _envelope(kind, payload, retry)
        waiting = _Waiting(name, asyncio.get_running_loop().create_future())
        self._waiting[envelope["envelope_id"]] = waiting
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._world.settings.ack_seconds):
                await self._sockets[name].send_str(json.dumps(envelope))
                connection, response = await waiting.answer
        except TimeoutError:
            return Outcome(TIMEOUT, _since(started))
        except ConnectionError:
            return Outcome(UNREACHABLE, _since(started))
        finally:
            self._waiting.pop(envelope["envelope_id"], None)
        return Outcome("", _since(started), response, same_connection=connection == name)

    async def disconnect(self, reason: str = "refresh_requested", close_after: float | None = None) -> None:
        """Send a disconnect message on every connection; close them after `close_after` seconds if given.

        Raise ValueError for an unknown reason.
        """
        if reason not in REASONS:
            raise ValueError(f"Slack never says {reason}. It says {', '.join(REASONS)}.")
        sockets = list(self._sockets.values())
        for socket in sockets:
            with contextlib.suppress(ConnectionError):
                await socket.send_json(_disconnect(reason))
        if close_after is not None:
            await asyncio.sleep(close_after)
            await asyncio.gather(*(socket.close() for socket in sockets))

    def abort(self, how_many: int | None = None) -> None:
        """Abort connections without a close frame, like a network failure; all of them by default."""
        for request in list(self._requests.values())[:how_many]:
            if request.transport is not None:
                request.transport.abort()

    async def close(self) -> None:
        """Close all connections properly."""
        await asyncio.gather(*(socket.close() for socket in list(self._sockets.values())))

    def _take(self, connection: str, text: str) -> None:
        try:
            ack = json.loads(text)
        except ValueError:
            return
        waiting = self._waiting.get(str(ack.get("envelope_id"))) if isinstance(ack, dict) else None
        if waiting is None or waiting.answer.done() or self._world.faults.take_drop_ack():
            return
        if self._world.faults.strict_acks and waiting.connection != connection:
            return
        waiting.answer.set_result((connection, ack.get("payload") or {}))

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.count,
            "connection_info": {"app_id": APP_ID},
            "debug_info": {
                "host": "applink-sandbox",
                "build_number": 1,
                "approximate_connection_time": CONNECTION_SECONDS,
            },
        }

    def _note(self, name: str, what: str) -> None:
        self._world.traffic.connections.append((self._world.now(), what, name))
        self._world.screens.send({"type": "conn", "n": self.count})


def _envelope(kind: str, payload: Json, retry: Retry | None) -> Json:
    envelope: Json = {
        "envelope_id": str(uuid.uuid4()),
        "type": kind,
        "payload": payload,
        "accepts_response_payload": kind != "events_api",
    }
    if kind == "events_api":
        envelope |= {
            "retry_attempt": retry.number if retry else 0,
            "retry_reason": retry.reason if retry else "",
        }
    return envelope


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1_000
