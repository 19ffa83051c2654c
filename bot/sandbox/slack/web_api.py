"""Serves the Web API; checks faults, token, rate limit and scope before each method."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets

from aiohttp import web

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.faults import ANY_METHOD, spend
from bot.sandbox.slack.methods import METHODS, Method, TokenKind
from bot.sandbox.slack.traffic_log import TOO_MANY, Call
from bot.sandbox.slack.wire import Json, RefusedError
from bot.sandbox.slack.world import World

LOG = logging.getLogger(__name__)
SERVER_ERROR, UNAVAILABLE = 500, 503
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class WebApi:
    """Serves /api/{method}.

    Order of the checks: an outage and injected faults, the token, the rate, the scope, the arguments.
    Every response has `x-oauth-scopes` and `x-slack-req-id` headers.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Handle one call and record it in the traffic log."""
        world, name = self._world, request.match_info["method"]
        if world.faults.api_delay:
            await asyncio.sleep(world.faults.api_delay)
        lost = False
        arguments: Json = {}
        try:
            arguments, header_token = await _read(request)
            status, answer, retry_after = self._answer(name, arguments, header_token)
            lost = status == 200 and spend(world.faults.lost_answers, name)  # noqa: PLR2004  HTTP's success status
        except RefusedError as refused:
            status, answer, retry_after = 200, refused.answer(), 0
        except Exception:
            # A payload that no check covers: return Slack's code for an internal failure.
            LOG.exception("%s failed", name)
            status, answer, retry_after = 200, {"ok": False, "error": "fatal_error"}, 0
        arguments.pop("token", None)
        world.traffic.record_call(Call(name, world.now(), arguments, status, str(answer.get("error", ""))))
        world.screens.wake()
        if lost and request.transport is not None:
            request.transport.abort()
        return self._response(status, answer, retry_after)

    def _answer(self, name: str, arguments: Json, header_token: str) -> tuple[int, Json, int]:
        world = self._world
        if world.now() < world.faults.outage_until:
            return UNAVAILABLE, {"ok": False, "error": "service_unavailable"}, 0
        if spend(world.faults.server_errors, name):
            return SERVER_ERROR, {"ok": False, "error": "internal_error"}, 0
        if spend(world.faults.rate_limited, name):
            return TOO_MANY, {"ok": False, "error": "ratelimited"}, world.faults.retry_after
        method = METHODS.get(name)
        if method is None:
            return 200, {"ok": False, "error": "unknown_method", "req_method": name}, 0
        self._check_token(method, arguments, header_token)
        channel = self._limited_channel(str(arguments.get("channel", "")))
        wait = world.rates.retry_after(name, method.tier, channel, world.now())
        if wait:
            return TOO_MANY, {"ok": False, "error": "ratelimited"}, wait
        return 200, {"ok": True, **self._run(name, method, arguments)}, 0

    def _run(self, name: str, method: Method, arguments: Json) -> Json:
        asked = Arguments(arguments, self._world.settings.scopes)
        if method.scope:
            asked.need_scope(method.scope)
        if word := self._world.faults.refusal(name):
            raise RefusedError(word)
        return method.run(self._world, asked)

    def _check_token(self, method: Method, arguments: Json, header_token: str) -> None:
        if method.token is TokenKind.NONE:
            return
        settings = self._world.settings
        # An app-level token is accepted in the header only.
        token = header_token or ("" if method.token is TokenKind.APP else str(arguments.get("token", "")))
        if not token:
            raise RefusedError("not_authed")
        if token not in (settings.bot_token, settings.app_token):
            raise RefusedError("invalid_auth")
        if token != (settings.app_token if method.token is TokenKind.APP else settings.bot_token):
            raise RefusedError("not_allowed_token_type")

    def _limited_channel(self, name: str) -> str:
        try:
            return self._world.directory.channel(name).id
        except KeyError:
            return ANY_METHOD

    def _response(self, status: int, answer: Json, retry_after: int) -> web.Response:
        headers = {
            "x-oauth-scopes": ",".join(sorted(self._world.settings.scopes)),
            "x-slack-req-id": secrets.token_hex(16),
        }
        if status == TOO_MANY:
            headers["Retry-After"] = str(retry_after)
        return web.json_response(answer, status=status, headers=headers)


async def _read(request: web.Request) -> tuple[Json, str]:
    """Return the merged arguments of query, form and JSON, and the token in the Authorization header."""
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        arguments |= _object(await request.text())
    elif request.content_type in FORMS:
        form = await request.post()
        arguments |= {name: value for name, value in form.items() if isinstance(value, str)}
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return arguments, token.strip() if kind.lower() == "bearer" else ""


def _object(text: str) -> Json:
    if not text:
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        raise RefusedError("invalid_json") from None
    if not isinstance(value, dict):
        raise RefusedError("json_not_object")
    return value
