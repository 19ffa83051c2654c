"""Who and what exists in the workspace: people, the bot, the channels and their members."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.slack.settings import APP_ID, BOT_ID, BOT_USER, TEAM_ID, Person, Room, SlackSettings
from bot.sandbox.slack.wire import Json, RefusedError

DOMAIN = "sandbox"


@dataclass(slots=True)
class Channel:
    """A channel whose members come and go."""

    room: Room
    members: list[str]

    @property
    def id(self) -> str:
        """Its id, C... or G..."""
        return self.room.id

    @property
    def has_bot(self) -> bool:
        """Whether the bot was invited or has joined."""
        return BOT_USER in self.members

    def shown(self) -> Json:
        """Return the channel for the page."""
        room = self.room
        return {
            "id": room.id,
            "name": room.name,
            "is_private": room.is_private,
            "topic": room.topic,
            "members": list(self.members),
        }


class Directory:
    """Looks people and channels up, the way Slack does for an app."""

    def __init__(self, settings: SlackSettings) -> None:
        self._people = {person.id: person for person in settings.people}
        self.channels = {room.id: Channel(room, list(room.members)) for room in settings.rooms}
        self.users: dict[str, Json] = {person.id: self._human(person) for person in settings.people}
        self.users[BOT_USER] = self._user(BOT_USER, settings.bot_name, settings.bot_name) | {"is_bot": True}
        self.users[BOT_USER]["profile"] |= {"bot_id": BOT_ID, "api_app_id": APP_ID}

    def user_id(self, name_or_id: str) -> str:
        """Return the id of a person by name ("alice", "@alice") or id; raises KeyError for nobody."""
        bare = name_or_id.removeprefix("@")
        for user_id, user in self.users.items():
            if bare in (user_id, user["name"]):
                return user_id
        raise KeyError(f"Nobody here is called {name_or_id}.")

    def channel(self, name_or_id: str) -> Channel:
        """Return a channel by id or name ("training", "#training"); raises KeyError for none."""
        bare = name_or_id.removeprefix("#")
        for channel in self.channels.values():
            if bare in (channel.id, channel.room.name):
                return channel
        raise KeyError(f"No channel here is called {name_or_id}.")

    def channel_for_app(self, name_or_id: str) -> Channel:
        """Return the channel as the app may know it: a private one without the bot does not exist for it."""
        try:
            channel = self.channel(name_or_id)
        except KeyError:
            raise RefusedError("channel_not_found") from None
        if channel.room.is_private and not channel.has_bot:
            raise RefusedError("channel_not_found")
        return channel

    def channel_with_bot(self, name_or_id: str) -> Channel:
        """Return the same, refused with `not_in_channel` where the bot is no member."""
        channel = self.channel_for_app(name_or_id)
        if not channel.has_bot:
            raise RefusedError("not_in_channel")
        return channel

    def person(self, user_id: str) -> Person:
        """Return a human by id; raises KeyError for anybody else."""
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
