"""Renders a channel with its threads as plain text, for a terminal and for tests."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.render_blocks import blocks_text, mrkdwn_text
from bot.sandbox.slack.settings import SLACKBOT
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import World

FILE_LINES = 5
MENTION = re.compile(r"<([@#])([A-Z0-9]+)(?:\|[^>]*)?>")


def channel_text(world: World, channel: str, *, reader: str = "") -> str:
    """Return all messages of a channel, replies indented; with `reader` also that user's ephemeral ones."""
    private = [one for one in world.messages.private_of(reader) if one.channel == channel]
    found = sorted([*world.messages.of(channel), *private], key=lambda one: float(one.ts))
    parents = {one.ts for one in found}
    parts: list[str] = [f"#{world.directory.channels[channel].config.name}"]
    for message in found:
        if message.is_reply and message.thread_ts in parents:
            continue
        parts.append(_message(world, message))
        replies = [one for one in found if one.is_reply and one.thread_ts == message.ts]
        parts += [_indent(_message(world, one), "    | ") for one in replies]
    return "\n\n".join(parts) + "\n"


def _message(world: World, message: Message) -> str:
    body = message.body
    who = _name(world, str(body.get("user", "")))
    at = datetime.fromtimestamp(float(message.ts), UTC).strftime("%H:%M:%S")
    marks = " (only visible to you)" if message.reader else ""
    marks += " (edited)" if "edited" in body else ""
    lines = [f"{who}  {at}{marks}"]
    shown = blocks_text(body["blocks"]) if body.get("blocks") else mrkdwn_text(str(body.get("text", "")))
    for attachment in body.get("attachments", []):
        shown += "\n" + (blocks_text(attachment.get("blocks", [])) or str(attachment.get("text", "")))
    if shown.strip():
        lines.append(_indent(_named(world, shown), "  "))
    lines += [_indent(_file(world, file), "  ") for file in body.get("files", [])]
    if reactions := body.get("reactions"):
        lines.append("  " + " ".join(f":{one['name']}: {one['count']}" for one in reactions))
    return "\n".join(lines)


def _file(world: World, file: Json) -> str:
    stored = world.files.find(file["id"])
    head = f"[file] {stored.title} ({len(stored.content or b''):,} bytes)"
    if not stored.is_text:
        return head
    lines = stored.text().splitlines()
    more = [f"... {len(lines) - FILE_LINES} more lines"] if len(lines) > FILE_LINES else []
    return "\n".join([head, *(f"  {line}" for line in lines[:FILE_LINES]), *(f"  {line}" for line in more)])


def _named(world: World, text: str) -> str:
    def name(match: re.Match[str]) -> str:
        sign, key = match.groups()
        if sign == "#":
            channel = world.directory.channels.get(key)
            return f"#{channel.config.name if channel else key}"
        user = world.directory.users.get(key)
        return f"@{user['name'] if user else key}"

    return MENTION.sub(name, text)


def _name(world: World, user: str) -> str:
    if user == SLACKBOT:
        return "Slackbot"
    known = world.directory.users.get(user)
    return str(known["real_name"]) if known else user


def _indent(text: str, prefix: str) -> str:
    return "\n".join((prefix + line).rstrip() for line in text.splitlines())
