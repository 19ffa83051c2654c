"""Builds and validates messages from the app's arguments, for every API that can post."""

from __future__ import annotations

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.settings import APP_ID, BOT_ID, BOT_USER, TEAM_ID
from bot.sandbox.slack.validator import check_message, finish_blocks
from bot.sandbox.slack.wire import Json, RefusedError
from bot.sandbox.slack.world import World

TEXT_LIMIT = 40_000
MARKDOWN_LIMIT = 12_000
METADATA_KEYS = {"event_type", "event_payload"}


def content(world: World, arguments: Arguments, *, count_characters: bool = True) -> Json:
    """Return the validated text, blocks and attachments of a message; blocks get ids.

    Parts that were not given are left out, except `text`. Text above 40,000 characters is truncated, as
    in Slack (https://docs.slack.dev/reference/methods/chat.postMessage). Raise RefusedError with
    Slack's error code: `no_text`, `invalid_blocks_format`, `invalid_blocks`, and so on.
    """
    text, markdown = arguments.optional("text"), arguments.optional("markdown_text")
    blocks = arguments.array("blocks", "invalid_blocks_format")
    attachments = arguments.array("attachments", "invalid_attachments")
    if markdown:
        if text or blocks:
            raise RefusedError("markdown_text_conflict")
        if len(markdown) > MARKDOWN_LIMIT:
            raise RefusedError("msg_too_long")
        blocks = [{"type": "markdown", "text": markdown}]
    if not text.strip() and not blocks and not attachments:
        raise RefusedError("no_text")
    if blocks and world.faults.block_refusal:
        raise RefusedError(world.faults.block_refusal)
    check_message(
        blocks,
        attachments,
        refused=world.faults.refuse_blocks,
        ready_files=world.files.ready_names(world.base_url),
        count_characters=count_characters,
    )
    parts: Json = {"text": text[:TEXT_LIMIT]}
    if blocks:
        parts["blocks"] = finish_blocks(blocks)
    if attachments:
        parts["attachments"] = [{"id": number, **one} for number, one in enumerate(attachments, 1)]
    return parts


def metadata(arguments: Arguments) -> Json:
    """Return a message's metadata, empty when not given.

    Raise RefusedError `invalid_metadata_format` or `invalid_metadata_schema`.
    """
    given = arguments.mapping("metadata", "invalid_metadata_format")
    if not given:
        return {}
    fits = isinstance(given.get("event_type"), str) and isinstance(given.get("event_payload"), dict)
    if not fits or set(given) - METADATA_KEYS - {"entities"}:
        raise RefusedError("invalid_metadata_schema")
    return given


def from_bot(world: World, parts: Json) -> Json:
    """Return a new message from the app with a new timestamp."""
    return {
        "type": "message",
        "ts": world.stamps.mint(),
        "user": BOT_USER,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "team": TEAM_ID,
        "bot_profile": {
            "id": BOT_ID,
            "app_id": APP_ID,
            "name": world.settings.bot_name,
            "team_id": TEAM_ID,
            "deleted": False,
        },
        **parts,
    }


def thread_part(world: World, channel: str, thread_ts: str) -> Json:
    """Return the thread of a message; the timestamp of a reply selects its parent's thread."""
    if not thread_ts:
        return {}
    parent = world.messages.find(channel, thread_ts)
    return {"thread_ts": parent.thread_ts if parent is not None and parent.is_reply else thread_ts}
