"""The users and channels of the workspace."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.slack.settings import APP_ID, BOT_ID, BOT_USER, TEAM_ID, ChannelConfig, Person, SlackSettings
from bot.sandbox.slack.wire import Json, RefusedError

DOMAIN = "sandbox"


@dataclass(slots=True)
class Channel:
    """A channel with its current members."""

    config: ChannelConfig
    members: list[str]

    @property
    def id(self) -> str:
        """The channel id, C... or G..."""
        return self.config.id

    @property
    def has_bot(self) -> bool:
        """Whether the bot is a member."""
        return BOT_USER in self.members

    def shown(self) -> Json:
        """Return the channel as shown on the page."""
        config = self.config
        return {
            "id": config.id,
            "name": config.name,
            "is_private": config.is_private,
            "topic": config.topic,
            "members": list(self.members),
        }


class Directory:
    """Finds users and channels, with the visibility rules that Slack applies to an app."""

    def __init__(self, settings: SlackSettings) -> None:
        self._people = {person.id: person for person in settings.people}
        self.channels = {config.id: Channel(config, list(config.members)) for config in settings.channels}
        self.users: dict[str, Json] = {person.id: self._human(person) for person in settings.people}
        self.users[BOT_USER] = self._user(BOT_USER, settings.bot_name, settings.bot_name) | {"is_bot": True}
        self.users[BOT_USER]["profile"] |= {"bot_id": BOT_ID, "api_app_id": APP_ID}

    def user_id(self, name_or_id: str) -> str:
        """Return the id of a user by name ("alice", "@alice") or id; raise KeyError if unknown."""
        bare = name_or_id.removeprefix("@")
        for user_id, user in self.users.items():
            if bare in (user_id, user["name"]):
                return user_id
        raise KeyError(f"Nobody here is called {name_or_id}.")

    def channel(self, name_or_id: str) -> Channel:
        """Return a channel by id or name ("training", "#training"); raise KeyError if unknown."""
        bare = name_or_id.removeprefix("#")
        for channel in self.channels.values():
            if bare in (channel.id, channel.config.name):
                return channel
        raise KeyError(f"No channel here is called {name_or_id}.")

    def channel_for_app(self, name_or_id: str) -> Channel:
        """Return a channel visible to the app; a private one without the bot is `channel_not_found`."""
        try:
            channel = self.channel(name_or_id)
        except KeyError:
            raise RefusedError("channel_not_found") from None
        if channel.config.is_private and not channel.has_bot:
            raise RefusedError("channel_not_found")
        return channel

    def channel_with_bot(self, name_or_id: str) -> Channel:
        """Return a channel of which the bot is a member; raise RefusedError `not_in_channel` otherwise."""
        channel = self.channel_for_app(name_or_id)
        if not channel.has_bot:
            raise RefusedError("not_in_channel")
        return channel

    def person(self, user_id: str) -> Person:
        """Return a human user by id; raise KeyError for any other id."""
        return self._people[user_id]

    def _human(self, person: Person) -> Json:
        user = self._user(person.id, person.name, person.real_name, person.team_id)
        return user | {"is_bot": False, "is_stranger": person.is_foreign}

    def _user(self, user_id: str, name: str, real_name: str, team_id: str = TEAM_ID) -> Json:
        profile: Json = {"real_name": real_name, "display_name": name, "team": team_id}
        return {
            "id": user_id,
            "team_id": team_id,
            "name": name,
            "real_name": real_name,
            "deleted": False,
            "tz": "Etc/UTC",
            "tz_offset": 0,
            "profile": profile,
            "is_app_user": False,
        }
