"""Settings of a sandbox workspace: users, channels, scopes and strictness."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

TEAM_ID = "T0SANDBOX"
ENTERPRISE_ID = "E0SANDBOX"
BOT_USER = "U0LAUNCHBOT"
BOT_ID = "B0LAUNCHBOT"
APP_ID = "A0LAUNCHBOT"
SLACKBOT = "USLACKBOT"

DEFAULT_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:join",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "reactions:write",
        "users:read",
    }
)
DEFAULT_EVENTS = frozenset({"app_home_opened", "app_mention", "message.channels", "message.groups"})


@dataclass(frozen=True, slots=True)
class Person:
    """A human user; one with another `team_id` is here through a shared channel.

    `enterprise_id` is the organisation of that workspace, "" if none.
    """

    id: str
    name: str
    real_name: str
    team_id: str = TEAM_ID
    enterprise_id: str = ""

    @property
    def is_foreign(self) -> bool:
        """Whether this user belongs to another workspace."""
        return self.team_id != TEAM_ID


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """A channel; `members` are user ids, including `BOT_USER` if the bot is a member."""

    id: str
    name: str
    members: tuple[str, ...]
    is_private: bool = False
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command of the app, as its manifest declares it."""

    name: str
    hint: str = ""
    description: str = ""


ALICE = Person("U0ALICE", "alice", "Alice Archer")
BOB = Person("U0BOB", "bob", "Bob Baker")
# CARA: another company, through Slack Connect. DAN: another workspace of the same organisation.
CARA = Person("U0CARA", "cara", "Cara Cole", team_id="T0OTHER")
DAN = Person("W0DAN", "dan", "Dan Doyle", team_id="T0SISTER", enterprise_id=ENTERPRISE_ID)
PEOPLE = (ALICE, BOB)
CHANNELS = (
    ChannelConfig("C0TRAINING", "training", (ALICE.id, BOB.id, BOT_USER), topic="launches and their endings"),
    ChannelConfig("C0EVALS", "evals", (ALICE.id, BOB.id, BOT_USER), topic="evaluation runs"),
    ChannelConfig("C0RANDOM", "random", (ALICE.id, BOB.id), topic="the bot was never invited here"),
    ChannelConfig("G0SECRET", "secret", (ALICE.id,), is_private=True, topic="private, without the bot"),
)


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """Settings of a workspace that do not change while it runs.

    With `request_url` the app uses signed HTTP, without it Socket Mode. `commands`
    lists the slash commands that exist; if empty, every command belongs to the app.
    `faults` are active from the start (names as in `Faults`). `now` returns seconds
    since 1970 and can be replaced in tests. With `enterprise` the workspace belongs to an Enterprise Grid
    organisation; with `org_wide` the app is installed in the whole organisation, not in this workspace.
    Other numbers are seconds.
    """

    title: str = "Sandbox workspace"
    subtitle: str = "A stand-in on this machine"
    people: tuple[Person, ...] = PEOPLE
    channels: tuple[ChannelConfig, ...] = CHANNELS
    commands: tuple[Command, ...] = ()
    scopes: frozenset[str] = DEFAULT_SCOPES
    events: frozenset[str] = DEFAULT_EVENTS
    bot_name: str = "launch-control"
    bot_token: str = "xoxb-sandbox-token"  # noqa: S105  a made-up token that opens only this sandbox
    app_token: str = "xapp-1-sandbox-token"  # noqa: S105  the same for its sockets
    signing_secret: str = "sandbox-signing-secret"  # noqa: S105  the same for its signatures
    request_url: str = ""
    rate_limits: bool = True
    rate_multiplier: float = 1.0
    refuse_blocks: frozenset[str] = frozenset()
    enterprise: bool = False
    org_wide: bool = False
    ack_seconds: float = 3.0
    event_retry_seconds: tuple[float, ...] = (0.0, 60.0, 300.0)
    file_seconds: float = 0.3
    faults: Mapping[str, Any] = field(default_factory=dict)
    now: Callable[[], float] = time.time
