"""Shared by the tests of the Slack stand-in: how to open and connect it, and blocks to send."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SlackWorkspace
from bot.sandbox.slack.validator import check_message
from bot.sandbox.slack.wire import RefusedError

Json = dict[str, Any]
Connect = Callable[[SlackWorkspace, AsyncApp], Awaitable[AsyncSocketModeHandler]]


class OpenWorkspace(Protocol):
    async def __call__(self, **settings: Any) -> SlackWorkspace: ...


def client_of(workspace: SlackWorkspace, token: str = "") -> AsyncWebClient:
    return AsyncWebClient(token=token or workspace.bot_token, base_url=workspace.api_url)


def app_of(workspace: SlackWorkspace) -> AsyncApp:
    return AsyncApp(client=client_of(workspace), signing_secret=workspace.signing_secret)


async def error_of(call: Any) -> str:
    """The word with which Slack refuses a call."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


def refusal_of(blocks: list[Json]) -> tuple[str, list[str]]:
    """The word and the messages with which Slack refuses blocks."""
    with pytest.raises(RefusedError) as refused:
        check_message(blocks, [])
    messages = [f"[ERROR] {problem}" for problem in refused.value.extra["errors"]]
    assert messages == refused.value.extra["response_metadata"]["messages"]
    return refused.value.word, refused.value.extra["errors"]


def plain(text: str = "x") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain(), "action_id": "go"} | more


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(text: str = "One", value: str = "1") -> Json:
    return {"text": plain(text), "value": value}


def select(count: int = 1, **more: Any) -> Json:
    options = [option(f"Option {n}", str(n)) for n in range(count)]
    return {"type": "static_select", "action_id": "pick", "placeholder": plain(), "options": options} | more


def overflow(count: int) -> Json:
    return {"type": "overflow", "action_id": "more", "options": [option(value=str(n)) for n in range(count)]}


def cell(text: str = "x") -> Json:
    return {"type": "raw_text", "text": text}


def table(*rows: list[Json], **more: Any) -> Json:
    return {"type": "table", "rows": list(rows) or [[cell()]], **more}


def container(*children: Json, **more: Any) -> Json:
    return {"type": "container", "title": plain(), "child_blocks": list(children) or [section()]} | more


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def line(*inline: Json, kind: str = "rich_text_section", **more: Any) -> Json:
    return {"type": kind, "elements": list(inline), **more}


def plan(**more: Any) -> Json:
    return {
        "type": "plan",
        "title": "Steps",
        "tasks": [{"task_id": "1", "title": "One", "status": "complete"}],
    } | more
