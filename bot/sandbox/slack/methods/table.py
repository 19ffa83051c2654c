"""The table of Web API methods.

Tiers and scopes are those on each method's page below https://docs.slack.dev/reference/methods. If the scope
depends on the channel type, the method itself checks it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.methods import chat, connections, conversations, people, uploads, views
from bot.sandbox.slack.rates import Tier
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import World


class TokenKind(StrEnum):
    """The token type that a method requires."""

    BOT = "bot"
    APP = "app"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Method:
    """A method's handler, tier, scope ("" if none) and token type."""

    run: Callable[[World, Arguments], Json]
    tier: Tier
    scope: str = ""
    token: TokenKind = TokenKind.BOT


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "apps.connections.open": Method(connections.open_connection, Tier.THREE, token=TokenKind.APP),
        "auth.test": Method(people.auth_test, Tier.SPECIAL),
        "blocks.validate": Method(people.validate_blocks, Tier.FOUR, token=TokenKind.NONE),
        "bots.info": Method(people.bots_info, Tier.THREE, "users:read"),
        "chat.delete": Method(chat.delete, Tier.THREE, "chat:write"),
        "chat.getPermalink": Method(chat.get_permalink, Tier.SPECIAL),
        "chat.postEphemeral": Method(chat.post_ephemeral, Tier.FOUR, "chat:write"),
        "chat.postMessage": Method(chat.post_message, Tier.SPECIAL, "chat:write"),
        "chat.update": Method(chat.update, Tier.THREE, "chat:write"),
        "conversations.history": Method(conversations.history, Tier.THREE),
        "conversations.info": Method(conversations.info, Tier.THREE),
        "conversations.join": Method(conversations.join_channel, Tier.THREE, "channels:join"),
        "conversations.replies": Method(conversations.replies, Tier.THREE),
        "files.completeUploadExternal": Method(uploads.complete_upload, Tier.FOUR, "files:write"),
        "files.getUploadURLExternal": Method(uploads.get_upload_url, Tier.FOUR, "files:write"),
        "files.info": Method(uploads.file_info, Tier.FOUR, "files:read"),
        "reactions.add": Method(people.add_reaction, Tier.THREE, "reactions:write"),
        "reactions.remove": Method(people.remove_reaction, Tier.TWO, "reactions:write"),
        "users.info": Method(people.users_info, Tier.FOUR, "users:read"),
        "views.open": Method(views.open_view, Tier.FOUR),
        "views.publish": Method(views.publish_view, Tier.FOUR),
        "views.push": Method(views.push_view, Tier.FOUR),
        "views.update": Method(views.update_view, Tier.FOUR),
    }
)
