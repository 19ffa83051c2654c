"""Bolt middleware that refuses users of other workspaces."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import aiohttp
import structlog
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_bolt.response import BoltResponse

from bot.models.workspace import Workspace
from formatting import messages
from handlers.slack.ephemeral import in_thread
from handlers.slack.middleware import ListenerTracker

# Fields of payloads with ids of workspaces and organisations: of the channel, of the user, and of the
# installation that received the payload. https://docs.slack.dev/apis/events-api/#callback-field and
# https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
_IDS = (
    "team_id",
    "enterprise_id",
    "context_team_id",
    "context_enterprise_id",
    "user_team",
    "user_team_id",
    "source_team",
    "app_installed_team_id",
)
# Fields that hold an id, or an object with an id.
_OBJECTS = ("team", "enterprise")
_LOGGED_LENGTH = 24

Middleware = Callable[[AsyncArgs], Awaitable[BoltResponse | None]]


def is_own(workspace: Workspace, body: Mapping[str, Any]) -> bool:
    """Return True if a payload comes from a user of this workspace.

    It must contain the id of this workspace, and no id of another workspace or organisation: in a channel
    shared with another company, `team` is the workspace of the channel and `user.team_id` that of the user.
    Missing and null fields are ignored: an app that is installed in a whole organisation gets `team: null`,
    and `user.team_id` then decides.
    """
    named = _workspace_ids(body)
    return workspace.team_id in named and named <= {workspace.team_id, workspace.enterprise_id}


def only_own(workspace: Workspace, tracker: ListenerTracker) -> Middleware:
    """Return a Bolt middleware that passes payloads of the workspace on and refuses others with a message."""

    async def check(args: AsyncArgs) -> BoltResponse | None:
        if is_own(workspace, args.body):
            await args.next()
            return None
        _log(args.body)
        return await _refuse(args, tracker)

    return check


def _workspace_ids(body: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids of all workspaces and organisations in a payload."""
    found: set[str] = set()
    for item in _objects_with_ids(body):
        found.update(str(item[key]) for key in _IDS if item.get(key))
        for key in _OBJECTS:
            value = item.get(key)
            ids = (value.get("id"), value.get("enterprise_id")) if isinstance(value, Mapping) else (value,)
            found.update(str(one) for one in ids if one)
    return frozenset(found)


def _objects_with_ids(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    event = body.get("event")
    event_object = event if isinstance(event, Mapping) else {}
    authorizations = body.get("authorizations")
    objects = [
        body,
        event_object,
        *(holder.get(key) for holder in (body, event_object) for key in ("user", "view")),
    ]
    objects += authorizations if isinstance(authorizations, list) else []
    return (item for item in objects if isinstance(item, Mapping))


async def _refuse(args: AsyncArgs, tracker: ListenerTracker) -> BoltResponse:
    sentence = messages.other_workspace().text
    if args.body.get("command"):
        return await args.ack(text=sentence, response_type="ephemeral")
    response = await args.ack()
    if args.context.response_url:
        # The ack must not wait for this.
        asyncio.ensure_future(_send_refusal(args, sentence, tracker))  # noqa: RUF006 - `tracker` holds it
    return response


async def _send_refusal(args: AsyncArgs, sentence: str, tracker: ListenerTracker) -> None:
    tracker.track_current_task()
    try:
        await in_thread(args)(text=sentence, response_type="ephemeral", replace_original=False)
    except (aiohttp.ClientError, TimeoutError, OSError) as failure:
        structlog.get_logger("slack").warning("a refusal could not be sent", reason=str(failure))


def _log(body: Mapping[str, Any]) -> None:
    kind = body.get("command") or body.get("type") or ""
    named = [one[:_LOGGED_LENGTH] for one in sorted(_workspace_ids(body))[:_LOGGED_LENGTH]]
    structlog.get_logger("slack").info(
        "a payload of another workspace was refused", kind=str(kind)[:_LOGGED_LENGTH], named=named
    )
