"""The check in front of every listener: only people of the bot's own workspace are answered."""

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

# Where payloads name workspaces and organisations: where a press or event happened, whose the person is, and
# through which installation the bot hears of it. https://docs.slack.dev/apis/events-api/#callback-field and
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
# An id alone, or an object that has one.
_OBJECTS = ("team", "enterprise")
_SHOWN = 24

Middleware = Callable[[AsyncArgs], Awaitable[BoltResponse | None]]


def is_own(workspace: Workspace, body: Mapping[str, Any]) -> bool:
    """Whether a payload comes from a person of this workspace.

    It must name this workspace, and no other workspace or organisation beside it: in a channel shared with
    another company `team` is the workspace of the channel, and `user.team_id` that of the person. What a
    payload leaves out or names null says nothing: an app that is installed in a whole organisation gets
    `team: null`, and `user.team_id` then decides.
    """
    named = _named(body)
    return workspace.team_id in named and named <= {workspace.team_id, workspace.enterprise_id}


def only_own(workspace: Workspace, tracker: ListenerTracker) -> Middleware:
    """Return a middleware for Bolt that lets a person's payload pass, or refuses it in one sentence."""

    async def check(args: AsyncArgs) -> BoltResponse | None:
        if is_own(workspace, args.body):
            await args.next()
            return None
        _log(args.body)
        return await _refuse(args, tracker)

    return check


def _named(body: Mapping[str, Any]) -> frozenset[str]:
    """Every workspace and organisation that a payload names."""
    found: set[str] = set()
    for place in _places(body):
        found.update(str(place[key]) for key in _IDS if place.get(key))
        for key in _OBJECTS:
            value = place.get(key)
            ids = (value.get("id"), value.get("enterprise_id")) if isinstance(value, Mapping) else (value,)
            found.update(str(one) for one in ids if one)
    return frozenset(found)


def _places(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    event = body.get("event")
    inner = event if isinstance(event, Mapping) else {}
    authorizations = body.get("authorizations")
    places = [body, inner, *(holder.get(key) for holder in (body, inner) for key in ("user", "view"))]
    places += authorizations if isinstance(authorizations, list) else []
    return (place for place in places if isinstance(place, Mapping))


async def _refuse(args: AsyncArgs, tracker: ListenerTracker) -> BoltResponse:
    sentence = messages.other_workspace().text
    if args.body.get("command"):
        return await args.ack(text=sentence, response_type="ephemeral")
    response = await args.ack()
    if args.context.response_url:
        # The ack must not wait for this.
        asyncio.ensure_future(_tell(args, sentence, tracker))  # noqa: RUF006 - `in_flight` holds it
    return response


async def _tell(args: AsyncArgs, sentence: str, tracker: ListenerTracker) -> None:
    tracker.working()
    try:
        await in_thread(args)(text=sentence, response_type="ephemeral", replace_original=False)
    except (aiohttp.ClientError, TimeoutError, OSError) as unsaid:
        structlog.get_logger("slack").warning("a refusal could not be told", reason=str(unsaid))


def _log(body: Mapping[str, Any]) -> None:
    kind = body.get("command") or body.get("type") or ""
    named = [one[:_SHOWN] for one in sorted(_named(body))[:_SHOWN]]
    structlog.get_logger("slack").info(
        "a payload of another workspace was refused", kind=str(kind)[:_SHOWN], named=named
    )
