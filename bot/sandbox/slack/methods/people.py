"""auth.test, users.info, bots.info, reactions.*, blocks.validate."""

from __future__ import annotations

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.methods.views import accept_view
from bot.sandbox.slack.settings import APP_ID, BOT_ID, BOT_USER, ENTERPRISE_ID, TEAM_ID
from bot.sandbox.slack.validator import check_message
from bot.sandbox.slack.wire import Json, RefusedError, invalid
from bot.sandbox.slack.world import World


def auth_test(world: World, _arguments: Arguments) -> Json:
    """Handle auth.test: the token's user and workspace; an org-wide token names the organisation instead.

    https://docs.slack.dev/reference/methods/auth.test
    """
    answer = {
        "url": world.base_url,
        "team": world.settings.title,
        "team_id": ENTERPRISE_ID if world.settings.org_wide else TEAM_ID,
        "user": world.settings.bot_name,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": world.settings.org_wide,
    }
    in_organisation = world.settings.enterprise or world.settings.org_wide
    return answer | ({"enterprise_id": ENTERPRISE_ID} if in_organisation else {})


def users_info(world: World, arguments: Arguments) -> Json:
    """Handle users.info: {user}."""
    user = world.directory.users.get(arguments.required("user"))
    if user is None:
        raise RefusedError("user_not_found")
    return {"user": user}


def bots_info(world: World, arguments: Arguments) -> Json:
    """Handle bots.info: {bot}."""
    if arguments.optional("bot") not in ("", BOT_ID):
        raise RefusedError("bot_not_found")
    bot = {"id": BOT_ID, "app_id": APP_ID, "user_id": BOT_USER, "name": world.settings.bot_name}
    return {"bot": bot | {"deleted": False, "updated": int(world.now()), "icons": {}}}


def add_reaction(world: World, arguments: Arguments) -> Json:
    """Handle reactions.add: {}."""
    message, name = _reacted(world, arguments)
    reactions = message.body.setdefault("reactions", [])
    held = next((one for one in reactions if one["name"] == name), None)
    if held is None:
        reactions.append({"name": name, "users": [BOT_USER], "count": 1})
    elif BOT_USER in held["users"]:
        raise RefusedError("already_reacted")
    else:
        held["users"].append(BOT_USER)
        held["count"] += 1
    world.messages.show(message)
    return {}


def remove_reaction(world: World, arguments: Arguments) -> Json:
    """Handle reactions.remove: {}."""
    message, name = _reacted(world, arguments)
    reactions = message.body.get("reactions", [])
    held = next((one for one in reactions if one["name"] == name and BOT_USER in one["users"]), None)
    if held is None:
        raise RefusedError("no_reaction")
    held["users"].remove(BOT_USER)
    held["count"] -= 1
    if not held["count"]:
        reactions.remove(held)
    world.messages.show(message)
    return {}


def validate_blocks(world: World, arguments: Arguments) -> Json:
    """Handle blocks.validate: {} when exactly one of blocks, message and view is given and valid."""
    given = [name for name in ("blocks", "message", "view") if arguments.given(name)]
    if len(given) != 1:
        raise invalid("invalid_arguments", ["must define exactly one of `blocks`, `message` and `view`"])
    if given == ["view"]:
        accept_view(world, arguments.mapping("view", "invalid_arguments"))
        return {}
    message = arguments.mapping("message", "invalid_arguments")
    blocks = arguments.array("blocks", "invalid_blocks_format") or message.get("blocks", [])
    check_message(
        blocks,
        message.get("attachments", []),
        refused=world.faults.refuse_blocks,
        ready_files=world.files.ready_names(world.base_url),
    )
    return {}


def _reacted(world: World, arguments: Arguments) -> tuple[Message, str]:
    channel = world.directory.channel_with_bot(arguments.required("channel"))
    message = world.messages.find(channel.id, arguments.required("timestamp"))
    if message is None:
        raise RefusedError("message_not_found")
    return message, arguments.required("name").strip(":")
