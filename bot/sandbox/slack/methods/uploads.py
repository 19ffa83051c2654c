"""files.*: the three steps of an upload, and files.info.

Errors: https://docs.slack.dev/reference/methods/files.completeUploadExternal
"""

from __future__ import annotations

import asyncio

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.compose import from_bot, thread_part
from bot.sandbox.slack.directory import Channel
from bot.sandbox.slack.files import StoredFile
from bot.sandbox.slack.validator import check_message, finish_blocks
from bot.sandbox.slack.wire import Json, RefusedError, missing
from bot.sandbox.slack.world import World

CHANNEL_LIMIT = 100


def get_upload_url(world: World, arguments: Arguments) -> Json:
    """Handle files.getUploadURLExternal: {upload_url, file_id}."""
    stored = world.files.announce(
        arguments.required("filename"),
        arguments.integer("length", 0),
        arguments.optional("snippet_type"),
        arguments.optional("alt_txt"),
        int(world.now()),
    )
    return {"upload_url": f"{world.base_url}upload/v1/{stored.ticket}", "file_id": stored.id}


def complete_upload(world: World, arguments: Arguments) -> Json:
    """Handle files.completeUploadExternal: {files: [{id, title}]}.

    The message is posted once they are ready.
    """
    chosen = [_completed(world, item) for item in arguments.array("files", "invalid_arguments")]
    if not chosen:
        raise missing("files")
    channels = _channels(world, arguments)
    parts = _comment(arguments)
    for stored in chosen:
        stored.completed = True
    thread_ts = arguments.optional("thread_ts")
    world.spawn(_share(world, chosen, channels, thread_ts, parts))
    return {"files": [{"id": stored.id, "title": stored.title} for stored in chosen]}


def file_info(world: World, arguments: Arguments) -> Json:
    """Handle files.info: {file}; type and preview are missing until the upload is finished."""
    stored = world.files.find(arguments.required("file"))
    if not stored.completed:
        raise RefusedError("file_not_found")
    return {"file": stored.shown(world.base_url), "comments": [], "response_metadata": {"next_cursor": ""}}


def _completed(world: World, item: Json) -> StoredFile:
    stored = world.files.find(str(item.get("id")))
    if stored.content is None or stored.completed:
        raise RefusedError("file_not_found")
    stored.title = str(item.get("title") or stored.name)
    return stored


def _channels(world: World, arguments: Arguments) -> list[Channel]:
    names = [arguments.optional("channel_id"), *arguments.optional("channels").split(",")]
    wanted = [name.strip() for name in names if name.strip()]
    if len(wanted) > CHANNEL_LIMIT:
        raise RefusedError("channels_limit_exceeded")
    if any(name not in world.directory.channels for name in wanted):
        # Unlike chat.postMessage, this method accepts ids only.
        raise RefusedError("channel_not_found")
    return [world.directory.channel_with_bot(name) for name in wanted]


def _comment(arguments: Arguments) -> Json:
    if comment := arguments.optional("initial_comment"):
        return {"text": comment}
    blocks = arguments.array("blocks", "invalid_blocks")
    if any(block.get("type") != "rich_text" for block in blocks):
        raise RefusedError("invalid_blocks")
    check_message(blocks, [])
    return {"text": "", **({"blocks": finish_blocks(blocks)} if blocks else {})}


async def _share(
    world: World, files: list[StoredFile], channels: list[Channel], thread_ts: str, parts: Json
) -> None:
    await asyncio.sleep(world.settings.file_seconds)
    for stored in files:
        stored.ready = True
    for channel in channels:
        body = from_bot(world, parts | thread_part(world, channel.id, thread_ts))
        body |= {"upload": True, "display_as_bot": True}
        for stored in files:
            share: Json = {str(name): body[name] for name in ("ts", "thread_ts") if name in body}
            stored.shares.setdefault(channel.id, []).append(share)
        body["files"] = [stored.shown(world.base_url) for stored in files]
        world.messages.post(channel.id, body)
    world.screens.wake()
