"""The Bolt app: which listener answers what, and the one place where unexpected errors are caught."""

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
    """Everything that answers."""

    launch: LaunchCommand
    monitor: MonitorCommand
    actions: Actions
    home: Home


def web_client(settings: Settings, *, token: str = "") -> AsyncWebClient:
    """Return a Web API client: a deadline for each call, and Slack's Retry-After honoured a few times."""
    return AsyncWebClient(
        token=token or None,
        base_url=f"{settings.slack.base_url}/",
        timeout=int(max(1, settings.timing.call)),
        # Only refusals are sent again: the SDK's default also repeats a post whose answer was lost.
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)],
    )


def build_app(
    settings: Settings, secret: Secrets, workspace: Workspace, listeners: Listeners, tracker: ListenerTracker
) -> AsyncApp:
    """Return the app, with every listener registered; it asks nothing of Slack by itself, not even before an ack.

    No listener hears of a payload from another workspace than the given one.
    """
    app = AsyncApp(
        client=web_client(settings),
        # Left alone, Bolt asks auth.test before the first listener: an ack would wait for Slack's answer.
        authorize=_with_token(secret.slack_bot_token.get_secret_value()),
        signing_secret=secret.slack_signing_secret.get_secret_value() or None,
        # Both Socket Mode and HTTP verify what they must by themselves; a bot never hears itself here.
        ignoring_self_events_enabled=True,
        # Bolt answers when a listener's function returns: ours return with the ack (`until_acked`).
        process_before_response=True,
        logger=_bolt_log(),
        raise_error_for_unhandled_request=True,
    )
    app.error(_unheard)
    app.middleware(only_own(workspace, tracker))
    app.command("/launch")(_guarded(tracker, listeners.launch.handle))
    app.command("/monitor")(_guarded(tracker, listeners.monitor.handle))
    app.action(action_ids.LAUNCH_CANCEL)(_guarded(tracker, listeners.actions.cancel_launch))
    app.action(action_ids.LAUNCH_RELAUNCH)(_guarded(tracker, listeners.actions.relaunch))
    app.action(action_ids.MONITOR_REFRESH)(_guarded(tracker, listeners.monitor.refresh))
    app.action(action_ids.MONITOR_ACT)(_guarded(tracker, listeners.actions.act))
    app.action(action_ids.ROW_CANCEL)(_guarded(tracker, listeners.actions.cancel_row))
    app.action(action_ids.LOG_FILE)(_guarded(tracker, listeners.actions.log_file))
    app.action(action_ids.LOG_MORE)(_guarded(tracker, listeners.actions.log_context))
    app.action(action_ids.LOG_LESS)(_guarded(tracker, listeners.actions.log_context))
    app.action(action_ids.HOME_REFRESH)(_guarded(tracker, listeners.home.refresh))
    app.action(_OPENED)(_acknowledge)
    app.event("app_home_opened")(_guarded(tracker, listeners.home.opened))
    return app


def _bolt_log() -> logging.Logger:
    """Return the logger whose level Bolt copies to all of its own; below ERROR these write whole requests down."""
    logger = logging.getLogger("slack_bolt")
    logger.setLevel(logging.ERROR)
    return logger


async def _unheard(error: Exception, body: dict[str, Any]) -> None:
    """Logs a payload that no listener took, or that failed before one; Bolt's own line would quote it."""
    log = structlog.get_logger("slack")
    if isinstance(error, BoltUnhandledRequestError):
        log.warning("no listener takes this payload", kind=body.get("type") or "command")
    else:
        log.error("a payload failed before its listener", exc_info=error)


def _with_token(token: str) -> Callable[..., Awaitable[AuthorizeResult]]:
    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    return authorize


_OPENED = re.compile(rf"^{action_ids.OPEN_CONSOLE}\b")


async def _acknowledge(ack: Callable[..., Awaitable[Any]]) -> None:
    """A button that only opens a page: Slack wants to hear that the press arrived."""
    await ack()


def _guarded(tracker: ListenerTracker, listener: Listener) -> Callable[[AsyncArgs], Awaitable[None]]:
    """Return the listener as Bolt calls it: known to `in_flight`, and with the last catch around it.

    Not left to Bolt's own error handler, which takes an ack back when a listener fails right after it.
    """
    names = tuple(inspect.signature(listener).parameters)

    async def work(args: AsyncArgs, ack: Ack) -> None:
        tracker.working()
        given = {"ack": ack, "respond": in_thread(args)}
        try:
            await listener(**{name: given.get(name) or getattr(args, name) for name in names})
        except Exception as error:  # noqa: BLE001 - the entry point: whatever it is, the person gets a number
            await _unexpected(error, args)

    async def run(args: AsyncArgs) -> None:
        await wait_for_ack(args.ack, functools.partial(work, args))

    async def run_event(args: AsyncArgs) -> None:
        # Bolt acknowledges an event as soon as this returns.
        asyncio.ensure_future(work(args, args.ack))  # noqa: RUF006 - `in_flight` holds it

    return run if "ack" in names else run_event


async def _unexpected(error: Exception, args: AsyncArgs) -> None:
    """A correlation id for the person, the same id and the error for the log."""
    correlation = secrets.token_hex(4)
    log = structlog.get_logger("slack")
    log.error("a listener failed in an unexpected way", correlation=correlation, exc_info=error)
    sentence = messages.unexpected_error(correlation).text
    try:
        if args.ack.response is None and args.body.get("command"):
            await args.ack(text=sentence, response_type="ephemeral")
            return
        if args.ack.response is None:
            await args.ack()
        if args.body.get("response_url"):
            await in_thread(args)(text=sentence, response_type="ephemeral", replace_original=False)
    except (aiohttp.ClientError, TimeoutError, OSError) as unsaid:
        log.warning("the number could not be told", correlation=correlation, reason=str(unsaid))
