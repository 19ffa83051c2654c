"""chat.*: post, edit, delete, post ephemeral messages, link.

Errors: https://docs.slack.dev/reference/methods/chat.postMessage and the pages beside it.
"""

from __future__ import annotations

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.compose import TEXT_LIMIT, content, from_bot, metadata, thread_part
from bot.sandbox.slack.directory import Channel
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.settings import BOT_USER
from bot.sandbox.slack.wire import Json, RefusedError
from bot.sandbox.slack.world import World

UPDATE_TEXT_LIMIT = 4_000
TRUNCATED = {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}


def post_message(world: World, arguments: Arguments) -> Json:
    """Handle chat.postMessage: {channel, ts, message}."""
    channel = _postable(world, arguments)
    parts = content(world, arguments)
    parts |= thread_part(world, channel.id, arguments.optional("thread_ts"))
    if given := metadata(arguments):
        parts["metadata"] = given
    if arguments.flag("reply_broadcast") and "thread_ts" in parts:
        parts["subtype"] = "thread_broadcast"
    message = world.messages.post(channel.id, from_bot(world, parts))
    warning = TRUNCATED if len(arguments.optional("text")) > TEXT_LIMIT else {}
    return {"channel": channel.id, "ts": message.ts, "message": message.body, **warning}


def post_ephemeral(world: World, arguments: Arguments) -> Json:
    """Handle chat.postEphemeral: {message_ts}; the message cannot be edited later."""
    reader = arguments.required("user")
    channel = world.directory.channel_with_bot(arguments.required("channel"))
    if reader not in channel.members:
        raise RefusedError("user_not_in_channel")
    parts = content(world, arguments) | thread_part(world, channel.id, arguments.optional("thread_ts"))
    return {"message_ts": world.messages.post_ephemeral(channel.id, reader, from_bot(world, parts)).ts}


def update(world: World, arguments: Arguments) -> Json:
    """Handle chat.update: {channel, ts, text, message}. Text without blocks removes the blocks."""
    channel = world.directory.channel_for_app(arguments.required("channel"))
    message = _existing(world, channel, arguments.required("ts"))
    if message.body.get("user") != BOT_USER:
        raise RefusedError("cant_update_message")
    if len(arguments.optional("text")) > UPDATE_TEXT_LIMIT:
        raise RefusedError("msg_too_long")
    parts = content(world, arguments)
    if _has_rich_text(message.body) and "blocks" in parts and not _has_rich_text(parts):
        raise RefusedError("block_mismatch")
    dropped: tuple[str, ...] = () if "blocks" in parts else ("blocks",)
    if arguments.given("metadata"):
        given = metadata(arguments)
        parts |= {"metadata": given} if given else {}
        dropped += () if given else ("metadata",)
    parts["edited"] = {"user": BOT_USER, "ts": world.stamps.mint()}
    world.messages.change(message, parts, dropped=dropped)
    return {"channel": channel.id, "ts": message.ts, "text": message.body["text"], "message": message.body}


def delete(world: World, arguments: Arguments) -> Json:
    """Handle chat.delete: {channel, ts}; the app's own messages only."""
    channel = world.directory.channel_for_app(arguments.required("channel"))
    message = _existing(world, channel, arguments.required("ts"))
    if message.body.get("user") != BOT_USER:
        raise RefusedError("cant_delete_message")
    world.messages.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(world: World, arguments: Arguments) -> Json:
    """Handle chat.getPermalink: {channel, permalink}; the link of a reply names its thread."""
    channel = world.directory.channel_for_app(arguments.required("channel"))
    message = _existing(world, channel, arguments.required("message_ts"))
    link = f"{world.base_url}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _postable(world: World, arguments: Arguments) -> Channel:
    channel = world.directory.channel_for_app(arguments.required("channel"))
    if not channel.has_bot and not arguments.has_scope("chat:write.public"):
        raise RefusedError("not_in_channel")
    return channel


def _existing(world: World, channel: Channel, ts: str) -> Message:
    message = world.messages.find(channel.id, ts)
    if message is None or message.body.get("subtype") == "tombstone":
        raise RefusedError("message_not_found")
    return message


def _has_rich_text(body: Json) -> bool:
    return any(block["type"] == "rich_text" for block in body.get("blocks", []))
