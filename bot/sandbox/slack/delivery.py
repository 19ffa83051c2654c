"""Delivers payloads to the app over its transport, and retries events that were not acknowledged."""

from __future__ import annotations

import asyncio

from bot.sandbox.slack.http_mode import HttpMode
from bot.sandbox.slack.outcome import TIMEOUT, Outcome, Retry
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.traffic_log import Ack
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import World


class Delivery:
    """Uses Socket Mode unless the settings or `use_http` give a request URL."""

    def __init__(self, world: World, sockets: SocketMode) -> None:
        self._world, self._sockets = world, sockets
        self._payloads = Payloads(world)
        self.http: HttpMode | None = None

    @property
    def mode(self) -> str:
        """The transport: "http" or "socket"."""
        return "http" if self.http is not None else "socket"

    async def deliver(self, kind: str, payload: Json, retry: Retry | None = None) -> Outcome:
        """Send one payload once, wait for the ack and log the result."""
        if self._world.faults.delivery_delay:
            await asyncio.sleep(self._world.faults.delivery_delay)
        transport = self.http or self._sockets
        outcome = await transport.send(kind, payload, retry)
        if self.http is not None and outcome.ok and self._world.faults.take_drop_ack():
            outcome = Outcome(TIMEOUT, outcome.milliseconds)
        ack = Ack(kind, self._world.now(), outcome.milliseconds, outcome.error, outcome.same_connection)
        self._world.traffic.acks.append(ack)
        self._world.screens.wake()
        return outcome

    def event(self, event: Json) -> None:
        """Send an event if the app is subscribed to its type; retry until it is acknowledged."""
        if _subscription(event) in self._world.settings.events:
            self._world.spawn(self._event(self._payloads.event(event)))

    async def _event(self, payload: Json) -> None:
        """Retry up to three times: at once, after a minute, after five (docs.slack.dev/apis/events-api)."""
        twice = self._world.faults.take_duplicate_event()
        outcome = await self.deliver("events_api", payload)
        if twice:
            await self.deliver("events_api", payload)
        for number, pause in enumerate(self._world.settings.event_retry_seconds, 1):
            if outcome.ok or outcome.no_retry:
                return
            await asyncio.sleep(pause)
            reason = "http_timeout" if outcome.error == TIMEOUT else "http_error"
            outcome = await self.deliver("events_api", payload, Retry(number, reason))


def _subscription(event: Json) -> str:
    """Return the subscription of an event; message events are subscribed per channel type."""
    if event["type"] != "message":
        return str(event["type"])
    return {"channel": "message.channels", "group": "message.groups"}[event["channel_type"]]
