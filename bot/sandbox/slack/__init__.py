"""A stand-in for Slack on this machine, with its protocols and limits, and without an account."""

from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.http_mode import signature
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.server import SlackWorkspace
from bot.sandbox.slack.settings import (
    ALICE,
    BOB,
    BOT_USER,
    CARA,
    DAN,
    ChannelConfig,
    Command,
    Person,
    SlackSettings,
)

__all__ = [
    "ALICE",
    "BOB",
    "BOT_USER",
    "CARA",
    "DAN",
    "ChannelConfig",
    "Command",
    "Faults",
    "Message",
    "Outcome",
    "Person",
    "SlackSettings",
    "SlackWorkspace",
    "signature",
]
