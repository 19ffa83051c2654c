"""conversations.*: channel info, joining, reading messages.

Errors and paging: https://docs.slack.dev/reference/methods/conversations.history
"""

from __future__ import annotations

import math

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.directory import Channel
from bot.sandbox.slack.membership import join
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.settings import BOT_USER
from bot.sandbox.slack.wire import Json, RefusedError, invalid
from bot.sandbox.slack.world import World

HISTORY_LIMIT, PAGE = 999, 100


def info(world: World, arguments: Arguments) -> Json:
    """Handle conversations.info: {channel}."""
    channel = world.directory.channel_for_app(arguments.required("channel"))
    arguments.need_scope("groups:read" if channel.config.is_private else "channels:read")
    return {"channel": _described(channel)}


def join_channel(world: World, arguments: Arguments) -> Json:
    """Handle conversations.join: {channel}; with a warning if the bot is already a member."""
    channel = world.directory.channel_for_app(arguments.required("channel"))
    if channel.config.is_private:
        raise RefusedError("method_not_supported_for_channel_type")
    warning = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    if join(world, channel, BOT_USER):
        warning = {}
    return {"channel": _described(channel), **warning}


def history(world: World, arguments: Arguments) -> Json:
    """Handle conversations.history: {messages, has_more, response_metadata}, top level, newest first."""
    channel = _readable(world, arguments)
    found = [
        one
        for one in world.messages.of(channel.id)
        if not one.is_reply or one.body.get("subtype") == "thread_broadcast"
    ]
    return _page(found[::-1], arguments, older=True)


def replies(world: World, arguments: Arguments) -> Json:
    """Handle conversations.replies: a parent and its thread, oldest first."""
    channel = _readable(world, arguments)
    thread = world.messages.thread(channel.id, arguments.required("ts"))
    if not thread:
        raise RefusedError("thread_not_found")
    return _page(thread, arguments, older=False)


def _readable(world: World, arguments: Arguments) -> Channel:
    channel = world.directory.channel_for_app(arguments.required("channel"))
    arguments.need_scope("groups:history" if channel.config.is_private else "channels:history")
    if not channel.has_bot:
        raise RefusedError("not_in_channel")
    return channel


def _page(found: list[Message], arguments: Arguments, *, older: bool) -> Json:
    limit = arguments.integer("limit", PAGE)
    if not 1 <= limit <= HISTORY_LIMIT:
        raise invalid("invalid_arguments", ["must be between 1 and 999 [json-pointer:/limit]"])
    within = [one for one in found if _within(float(one.ts), arguments)]
    if arguments.optional("cursor"):
        after = _stamp(arguments, "cursor", 0.0)
        within = [one for one in within if (float(one.ts) < after if older else float(one.ts) > after)]
    page, rest = within[:limit], within[limit:]
    with_metadata = arguments.flag("include_all_metadata")
    answer: Json = {
        "messages": [_read(one, with_metadata=with_metadata) for one in page],
        "has_more": bool(rest),
    }
    if rest:
        answer["response_metadata"] = {"next_cursor": page[-1].ts}
    return answer


def _within(ts: float, arguments: Arguments) -> bool:
    oldest, latest = _stamp(arguments, "oldest", 0.0), _stamp(arguments, "latest", math.inf)
    if arguments.flag("inclusive"):
        return oldest <= ts <= latest
    return oldest < ts < latest


def _stamp(arguments: Arguments, name: str, default: float) -> float:
    try:
        return float(arguments.optional(name) or default)
    except ValueError:
        raise RefusedError("invalid_cursor" if name == "cursor" else f"invalid_ts_{name}") from None


def _read(message: Message, *, with_metadata: bool) -> Json:
    return {name: value for name, value in message.body.items() if with_metadata or name != "metadata"}


def _described(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.config.name,
        "name_normalized": channel.config.name,
        "is_channel": not channel.config.is_private,
        "is_group": channel.config.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.config.is_private,
        "is_archived": False,
        "is_general": False,
        "is_shared": False,
        "is_ext_shared": False,
        "is_org_shared": False,
        "is_member": channel.has_bot,
        "num_members": len(channel.members),
        "topic": {"value": channel.config.topic, "creator": "", "last_set": 0},
    }
