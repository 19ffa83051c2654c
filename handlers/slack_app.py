"""The Bolt app: which listener answers what, and the one place where unexpected errors are caught."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Secrets, Settings
from formatting import actions, words
from handlers.actions import Actions
from handlers.home import Home
from handlers.in_flight import InFlight
from handlers.launch import LaunchCommand
from handlers.monitor import MonitorCommand

RATE_LIMIT_RETRIES = 3


@dataclass(frozen=True, slots=True)
class Listeners:
    """Everything that answers."""

    launch: LaunchCommand
    monitor: MonitorCommand
    actions: Actions
    home: Home


def web_client(settings: Settings, *, token: str = "") -> AsyncWebClient:
    """A Web API client: a deadline for each call, and Slack's Retry-After honoured a few times."""
    return AsyncWebClient(
        token=token or None,
        base_url=f"{settings.slack.base_url}/",
        timeout=int(max(1, settings.timing.call)),
        # Only refusals are sent again: the SDK's default also repeats a post whose answer was lost.
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)],
    )


def build_app(settings: Settings, secret: Secrets, listeners: Listeners, in_flight: InFlight) -> AsyncApp:
    """The app, with every listener registered; it asks nothing of Slack by itself, not even before an ack."""
    app = AsyncApp(
        client=web_client(settings),
        # Left alone, Bolt asks auth.test before the first listener: an ack would wait for Slack's answer.
        authorize=_with_token(secret.slack_bot_token.get_secret_value()),
        signing_secret=secret.slack_signing_secret.get_secret_value() or None,
        # Both Socket Mode and HTTP verify what they must by themselves; a bot never hears itself here.
        ignoring_self_events_enabled=True,
    )
    tracked = in_flight.tracked
    app.command("/launch")(tracked(listeners.launch.handle))
    app.command("/monitor")(tracked(listeners.monitor.handle))
    app.action(actions.LAUNCH_CANCEL)(tracked(listeners.actions.cancel_launch))
    app.action(actions.LAUNCH_RELAUNCH)(tracked(listeners.actions.relaunch))
    app.action(actions.MONITOR_REFRESH)(tracked(listeners.monitor.refresh))
    app.action(actions.MONITOR_ACT)(tracked(listeners.actions.act))
    app.action(actions.ROW_CANCEL)(tracked(listeners.actions.cancel_row))
    app.action(actions.LOG_FILE)(tracked(listeners.actions.log_file))
    app.action(actions.LOG_MORE)(tracked(listeners.actions.log_context))
    app.action(actions.LOG_LESS)(tracked(listeners.actions.log_context))
    app.action(actions.HOME_REFRESH)(tracked(listeners.home.refresh))
    app.action(_OPENED)(_acknowledge)
    app.event("app_home_opened")(tracked(listeners.home.opened))
    app.error(_unexpected)
    return app


def _with_token(token: str) -> Callable[..., Awaitable[AuthorizeResult]]:
    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    return authorize


_OPENED = re.compile(rf"^{actions.OPEN_CONSOLE}\b")


async def _acknowledge(ack: Callable[..., Awaitable[Any]]) -> None:
    """A button that only opens a page: Slack wants to hear that the press arrived."""
    await ack()


async def _unexpected(
    error: Exception,
    body: Mapping[str, Any],
    respond: Callable[..., Awaitable[Any]],
    response: BoltResponse | None,
) -> BoltResponse | None:
    """The last catch: a correlation id for the person, the same id and the error for the log.

    What is not acknowledged yet is acknowledged with the sentence: Slack would only say that the app failed.
    """
    correlation = secrets.token_hex(4)
    log = structlog.get_logger("slack")
    log.error("a listener failed in an unexpected way", correlation=correlation, exc_info=error)
    sentence = words.unexpected(correlation).text
    if response is not None and body.get("command"):
        return BoltResponse(
            status=200,
            body=json.dumps({"text": sentence, "response_type": "ephemeral"}),
            headers={"content-type": "application/json"},
        )
    if body.get("response_url"):
        try:
            await respond(text=sentence, response_type="ephemeral", replace_original=False)
        except (aiohttp.ClientError, TimeoutError, OSError) as unsaid:
            log.warning("the number could not be told", correlation=correlation, reason=str(unsaid))
    return None
