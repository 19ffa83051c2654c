"""Builds the payloads that Slack sends to an app.

Compared with the samples of https://github.com/slackapi/java-slack-sdk (json-logs/samples).
"""

from __future__ import annotations

import secrets

from bot.sandbox.slack.directory import DOMAIN, Channel
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.settings import APP_ID, BOT_USER, ENTERPRISE_ID, TEAM_ID
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import World

VERIFICATION = "sandbox-verification"
ENTERPRISE_NAME = "Sandbox Grid"


class Payloads:
    """Builds payloads; each command or action gets its own trigger id and response URL.

    A user of another workspace is identified by that workspace's ids; `team` of an interaction
    is the workspace in which the app is installed, null for an org-wide installation
    (https://docs.slack.dev/enterprise/developing-for-enterprise-orgs/).
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def command(self, user: str, channel: Channel, command: str, text: str) -> Json:
        """Return a slash command, which names no thread or message."""
        world = self._world
        team, enterprise = self._home_of(user)
        payload: Json = {
            "token": VERIFICATION,
            "team_id": team,
            "team_domain": DOMAIN if team == TEAM_ID else team.lower(),
            "channel_id": channel.id,
            "channel_name": "privategroup" if channel.config.is_private else channel.config.name,
            "user_id": user,
            "user_name": world.directory.users[user]["name"],
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            # A string here but a boolean in interactive payloads: Slack is inconsistent.
            "is_enterprise_install": "true" if world.settings.org_wide else "false",
            "response_url": self._response_url("commands", channel.id, user),
            "trigger_id": world.triggers.mint(user),
        }
        if enterprise:
            payload |= {"enterprise_id": enterprise, "enterprise_name": ENTERPRISE_NAME}
        return payload

    def message_action(
        self, user: str, channel: Channel, message: Message, action: Json, state: Json
    ) -> Json:
        """Return an action in a message; an ephemeral message itself is not included."""
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
            "channel": {"id": channel.id, "name": channel.config.name},
            "state": {"values": state},
            "response_url": self._response_url("actions", channel.id, user, message.ts),
            "trigger_id": self._world.triggers.mint(user),
            "actions": [action],
        }
        return payload | ({} if message.reader else {"message": message.body})

    def view_action(self, user: str, view: Json, action: Json, state: Json) -> Json:
        """Return an action in a modal or on the App Home, without channel and response URL."""
        from_modal = view["type"] == "modal"
        return self._interactive("block_actions", user) | {
            "container": {"type": "view", "view_id": view["id"]},
            "view": view | {"state": {"values": state}},
            "trigger_id": self._world.triggers.mint(user, from_view=from_modal),
            "actions": [action],
        }

    def submission(self, user: str, view: Json, values: Json) -> Json:
        """Return the submission of a modal."""
        return self._interactive("view_submission", user) | {
            "trigger_id": self._world.triggers.mint(user, from_view=True),
            "view": view | {"state": {"values": values}},
            "response_urls": [],
        }

    def closed(self, user: str, view: Json) -> Json:
        """Return the closing of a modal without submission."""
        return self._interactive("view_closed", user) | {"view": view, "is_cleared": False}

    def event(self, event: Json) -> Json:
        """Return an event callback, with an event id that stays the same in retries."""
        org_wide = self._world.settings.org_wide
        team, enterprise = self._home_of(str(event.get("user", "")))
        return {
            "token": VERIFICATION,
            "team_id": team,
            "enterprise_id": enterprise,
            "context_team_id": TEAM_ID,
            "context_enterprise_id": self._enterprise,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(self._world.now()),
            "authorizations": [
                {
                    "enterprise_id": self._enterprise,
                    "team_id": None if org_wide else TEAM_ID,
                    "user_id": BOT_USER,
                    "is_bot": True,
                    "is_enterprise_install": org_wide,
                }
            ],
            "is_ext_shared_channel": team != TEAM_ID,
        }

    def _interactive(self, kind: str, user: str) -> Json:
        person, org_wide = self._world.directory.users[user], self._world.settings.org_wide
        name, enterprise = person["name"], self._enterprise
        return {
            "type": kind,
            "user": {"id": user, "username": name, "name": name, "team_id": person["team_id"]},
            "api_app_id": APP_ID,
            "token": VERIFICATION,
            "team": None if org_wide else {"id": TEAM_ID, "domain": DOMAIN},
            "enterprise": {"id": enterprise, "name": ENTERPRISE_NAME} if enterprise else None,
            "is_enterprise_install": org_wide,
        }

    @property
    def _enterprise(self) -> str | None:
        """The organisation of the workspace, or None."""
        settings = self._world.settings
        return ENTERPRISE_ID if settings.enterprise or settings.org_wide else None

    def _home_of(self, user: str) -> tuple[str, str | None]:
        """Return the workspace and the organisation of a user."""
        try:
            person = self._world.directory.person(user)
        except KeyError:
            return TEAM_ID, self._enterprise
        return person.team_id, (person.enterprise_id or None) if person.is_foreign else self._enterprise

    def _response_url(self, kind: str, channel: str, user: str, source_ts: str = "") -> str:
        url = self._world.response_urls.mint(channel, user, source_ts)
        return f"{self._world.base_url}{kind}/{TEAM_ID}/{url.key}"
