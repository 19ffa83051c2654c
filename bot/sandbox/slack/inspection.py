"""Exports the state of a workspace as JSON, for tests in another process and for the demo."""

from __future__ import annotations

from dataclasses import asdict

from bot.sandbox.slack.block_actions import elements_of
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import World


def state(world: World, connections: int) -> Json:
    """Return channels with threads, ephemeral messages, files, views, calls, acks and connections.

    Times are seconds since 1970; file contents are text, with replacement characters for other bytes.
    """
    traffic = world.traffic
    people = [person.id for person in world.settings.people]
    return {
        "connections": connections,
        "channels": {key: _channel(world, key) for key in world.directory.channels},
        "ephemerals": {user: [one.shown() for one in world.messages.private_of(user)] for user in people},
        "homes": {user: world.views.home(user) for user in people},
        "views": {user: world.views.top(user) for user in people},
        "files": [one.shown(world.base_url) | {"content": one.text()} for one in world.files.all()],
        "calls": [asdict(call) for call in traffic.calls],
        "counts": dict(traffic.counts),
        "rate_limited": dict(traffic.too_many),
        "acks": [asdict(ack) for ack in traffic.acks],
        "sockets": [{"at": at, "what": what, "connection": name} for at, what, name in traffic.connections],
    }


def latest_with(messages: list[Message], action_id: str) -> Message:
    """Return the newest message with this action id; raise KeyError when there is none."""
    for message in reversed(messages):
        offered = {element["action_id"] for _, element in elements_of(message.body.get("blocks", []))}
        if action_id in offered:
            return message
    raise KeyError(f"No message here offers {action_id}.")


def _channel(world: World, key: str) -> Json:
    channel = world.directory.channels[key]
    tops = [one for one in world.messages.of(key) if not one.is_reply]
    return channel.shown() | {
        "messages": [
            one.shown() | {"replies": [reply.shown() for reply in world.messages.thread(key, one.ts)[1:]]}
            for one in tops
        ]
    }
