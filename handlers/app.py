"""Builds the Bolt app: registers all listeners and catches unexpected errors."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.models.workspace import Workspace
from bot.settings import Secrets, Settings
from formatting import messages
from formatting.slack import action_ids
from handlers.actions.launch_buttons import Actions
from handlers.commands.launch import LaunchCommand
from handlers.commands.monitor import MonitorCommand
from handlers.events.app_home import Home
from handlers.slack.ephemeral import in_thread
from handlers.slack.middleware import Ack, ListenerTracker, wait_for_ack
from handlers.slack.own_workspace import only_own

Listener: TypeAlias = Callable[..., Awaitable[None]]
RATE_LIMIT_RETRIES = 3


@dataclass(frozen=True, slots=True)
class Listeners:
    """All listeners of the app."""

    launch: LaunchCommand
    monitor: MonitorCommand
    actions: Actions
    home: Home


def web_client(settings: Settings, *, token: str = "") -> AsyncWebClient:
    """Return a Web API client with a timeout for each call and a few retries after rate limits."""
    return AsyncWebClient(
        token=token or None,
        base_url=f"{settings.slack.base_url}/",
        timeout=int(max(1, settings.timing.call)),
        # Only rate-limited calls are retried: the SDK's default also repeats a post whose response was lost.
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)],
    )


def build_app(
    settings: Settings, secret: Secrets, workspace: Workspace, listeners: Listeners, tracker: ListenerTracker
) -> AsyncApp:
    """Return the app with all listeners registered. It makes no Slack calls of its own.

    Payloads from other workspaces than the given one do not reach the listeners.
    """
    app = AsyncApp(
        client=web_client(settings),
        # By default Bolt calls auth.test before the first listener, which would delay its ack.
        authorize=_with_token(secret.slack_bot_token.get_secret_value()),
        signing_secret=secret.slack_signing_secret.get_secret_value() or None,
        # Events caused by the bot itself are ignored.
        ignoring_self_events_enabled=True,
        # Bolt responds when a listener's function returns. Ours return at the ack (`wait_for_ack`).
        process_before_response=True,
        logger=_bolt_log(),
        raise_error_for_unhandled_request=True,
    )
    app.error(_log_unhandled)
    app.middleware(only_own(workspace, tracker))
    app.command("/launch")(_wrap(tracker, listeners.launch.handle))
    app.command("/monitor")(_wrap(tracker, listeners.monitor.handle))
    app.action(action_ids.LAUNCH_CANCEL)(_wrap(tracker, listeners.actions.cancel_launch))
    app.action(action_ids.LAUNCH_RELAUNCH)(_wrap(tracker, listeners.actions.relaunch))
    app.action(action_ids.MONITOR_REFRESH)(_wrap(tracker, listeners.monitor.refresh))
    app.action(action_ids.MONITOR_ACT)(_wrap(tracker, listeners.actions.act))
    app.action(action_ids.ROW_CANCEL)(_wrap(tracker, listeners.actions.cancel_row))
    app.action(action_ids.LOG_FILE)(_wrap(tracker, listeners.actions.log_file))
    app.action(action_ids.LOG_MORE)(_wrap(tracker, listeners.actions.log_context))
    app.action(action_ids.LOG_LESS)(_wrap(tracker, listeners.actions.log_context))
    app.action(action_ids.HOME_REFRESH)(_wrap(tracker, listeners.home.refresh))
    app.action(_LINK_BUTTON)(_acknowledge)
    app.event("app_home_opened")(_wrap(tracker, listeners.home.opened))
    return app


def _bolt_log() -> logging.Logger:
    """Return the logger whose level Bolt copies to its own. Below ERROR they log whole requests."""
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.ERROR)
    return logger


async def _log_unhandled(error: Exception, body: dict[str, Any]) -> None:
    """Log a payload without a listener, or one that failed earlier. Bolt's own log line would quote it."""
    log = structlog.get_logger("slack")
    if isinstance(error, BoltUnhandledRequestError):
        log.warning("no listener takes this payload", kind=body.get("type") or "command")
    else:
        log.error("a payload failed before its listener", exc_info=error)


def _with_token(token: str) -> Callable[..., Awaitable[AuthorizeResult]]:
    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    return authorize


_LINK_BUTTON = re.compile(rf"^{action_ids.OPEN_CONSOLE}\b")


async def _acknowledge(ack: Callable[..., Awaitable[Any]]) -> None:
    """Acknowledge a link button, as Slack requires for every press."""
    await ack()


def _wrap(tracker: ListenerTracker, listener: Listener) -> Callable[[AsyncArgs], Awaitable[None]]:
    """Return the listener wrapped for Bolt: tracked by `tracker`, with unexpected errors caught.

    Bolt's own error handler is not used, because it withdraws an ack if the listener fails right after it.
    """
    names = tuple(inspect.signature(listener).parameters)

    async def run_listener(args: AsyncArgs, ack: Ack) -> None:
        tracker.track_current_task()
        arguments = {"ack": ack, "respond": in_thread(args)}
        try:
            await listener(**{name: arguments.get(name) or getattr(args, name) for name in names})
        except Exception as error:  # noqa: BLE001 - the entry point: the user gets a correlation id for any error
            await _report_unexpected(error, args)

    async def run_until_ack(args: AsyncArgs) -> None:
        await wait_for_ack(args.ack, functools.partial(run_listener, args))

    async def run_event(args: AsyncArgs) -> None:
        # Bolt acknowledges an event as soon as this returns.
        asyncio.ensure_future(run_listener(args, args.ack))  # noqa: RUF006 - `tracker` holds it

    return run_until_ack if "ack" in names else run_event


async def _report_unexpected(error: Exception, args: AsyncArgs) -> None:
    """Log the error with a correlation id, and send the id to the user."""
    correlation = secrets.token_hex(4)
    log = structlog.get_logger("slack")
    log.error("a listener failed unexpectedly", correlation=correlation, exc_info=error)
    sentence = messages.unexpected_error(correlation).text
    try:
        if args.ack.response is None and args.body.get("command"):
            await args.ack(text=sentence, response_type="ephemeral")
            return
        if args.ack.response is None:
            await args.ack()
        if args.body.get("response_url"):
            await in_thread(args)(text=sentence, response_type="ephemeral", replace_original=False)
    except (aiohttp.ClientError, TimeoutError, OSError) as failure:
        log.warning("the correlation id could not be sent", correlation=correlation, reason=str(failure))
