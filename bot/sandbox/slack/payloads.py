"""The payloads Slack sends to an app, in Slack's shapes.

Compared with the samples in https://github.com/slackapi/java-slack-sdk (json-logs/samples).
"""

from __future__ import annotations

import secrets

from bot.sandbox.slack.directory import DOMAIN, ENTERPRISE_ID, TEAM_ID, Channel
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.settings import APP_ID, BOT_USER
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import World

VERIFICATION = "sandbox-verification"
ENTERPRISE_NAME = "Sandbox Grid"


class Payloads:
    """Builds payloads; each command or press gets its own trigger id and response URL."""

    def __init__(self, world: World) -> None:
        self._world = world

    def command(self, user: str, channel: Channel, command: str, text: str) -> Json:
        """A slash command; there is no thread and no message in it."""
        world = self._world
        payload: Json = {
            "token": VERIFICATION,
            "team_id": TEAM_ID,
            "team_domain": DOMAIN,
            "channel_id": channel.id,
            "channel_name": "privategroup" if channel.room.is_private else channel.room.name,
            "user_id": user,
            "user_name": world.directory.users[user]["name"],
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            # A string here, a boolean in interactive payloads: Slack's own inconsistency.
            "is_enterprise_install": "false",
            "response_url": self._response_url("commands", channel.id, user),
            "trigger_id": world.triggers.mint(user),
        }
        if world.settings.enterprise:
            payload |= {"enterprise_id": ENTERPRISE_ID, "enterprise_name": ENTERPRISE_NAME}
        return payload

    def message_action(
        self, user: str, channel: Channel, message: Message, action: Json, state: Json
    ) -> Json:
        """A press in a message; an ephemeral message itself is not in the payload."""
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": bool(message.reader),
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = self._interactive("block_actions", user) | {
            "container": container,
            "channel": {"id": channel.id, "name": channel.room.name},
            "state": {"values": state},
            "response_url": self._response_url("actions", channel.id, user, message.ts),
            "trigger_id": self._world.triggers.mint(user),
            "actions": [action],
        }
        return payload | ({} if message.reader else {"message": message.body})

    def view_action(self, user: str, view: Json, action: Json, state: Json) -> Json:
        """A press in a modal or on the App Home: no channel, no response URL."""
        from_modal = view["type"] == "modal"
        return self._interactive("block_actions", user) | {
            "container": {"type": "view", "view_id": view["id"]},
            "view": view | {"state": {"values": state}},
            "trigger_id": self._world.triggers.mint(user, from_view=from_modal),
            "actions": [action],
        }

    def submission(self, user: str, view: Json, values: Json) -> Json:
        """A modal sent off."""
        return self._interactive("view_submission", user) | {
            "trigger_id": self._world.triggers.mint(user, from_view=True),
            "view": view | {"state": {"values": values}},
            "response_urls": [],
        }

    def closed(self, user: str, view: Json) -> Json:
        """A modal shut without sending."""
        return self._interactive("view_closed", user) | {"view": view, "is_cleared": False}

    def event(self, event: Json) -> Json:
        """The envelope around an event, with the id by which repetitions are known."""
        enterprise = ENTERPRISE_ID if self._world.settings.enterprise else None
        return {
            "token": VERIFICATION,
            "team_id": TEAM_ID,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(self._world.now()),
            "authorizations": [
                {
                    "enterprise_id": enterprise,
                    "team_id": TEAM_ID,
                    "user_id": BOT_USER,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }

    def _interactive(self, kind: str, user: str) -> Json:
        person = self._world.directory.users[user]
        enterprise = (
            {"id": ENTERPRISE_ID, "name": ENTERPRISE_NAME} if self._world.settings.enterprise else None
        )
        return {
            "type": kind,
            "user": {"id": user, "username": person["name"], "name": person["name"], "team_id": TEAM_ID},
            "api_app_id": APP_ID,
            "token": VERIFICATION,
            "team": {"id": TEAM_ID, "domain": DOMAIN},
            "enterprise": enterprise,
            "is_enterprise_install": False,
        }

    def _response_url(self, kind: str, channel: str, user: str, source_ts: str = "") -> str:
        url = self._world.response_urls.mint(channel, user, source_ts)
        return f"{self._world.base_url}{kind}/{TEAM_ID}/{url.key}"
