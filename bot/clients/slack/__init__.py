"""The only package that calls Slack's Web API, apart from Bolt's listeners."""

from __future__ import annotations

from bot.clients.slack.client import Outgoing, SlackClient
from bot.clients.slack.edit_queue import EditQueue
from bot.clients.slack.errors import BlocksRefused, MessageRefused, answer_refusal

__all__ = ["BlocksRefused", "EditQueue", "MessageRefused", "Outgoing", "SlackClient", "answer_refusal"]
