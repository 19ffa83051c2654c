"""A stand-in for Slack on this machine: real protocols, no account, strict and awkward on purpose."""

from bot.sandbox.slack.faults import Faults
from bot.sandbox.slack.http_mode import signature
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.server import SlackWorkspace
from bot.sandbox.slack.settings import ALICE, BOB, BOT_USER, CARA, DAN, Command, Person, Room, SlackSettings

__all__ = [
    "ALICE",
    "BOB",
    "BOT_USER",
    "CARA",
    "DAN",
    "Command",
    "Faults",
    "Message",
    "Outcome",
    "Person",
    "Room",
    "SlackSettings",
    "SlackWorkspace",
    "signature",
]
