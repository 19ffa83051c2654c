"""Handles posts to response URLs: reply, replace or delete, also where the app is not a member."""

from __future__ import annotations

import json

from aiohttp import web

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.compose import content, from_bot, thread_part
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.response_urls import ResponseUrl
from bot.sandbox.slack.wire import RefusedError
from bot.sandbox.slack.world import World

BAD_REQUEST, NOT_FOUND = 400, 404


class ResponseUrlRoutes:
    """Serves /commands/{team}/{key} and /actions/{team}/{key}.

    The response is the text "ok", without a timestamp. A replaced message keeps its visibility: an
    ephemeral one stays ephemeral. https://docs.slack.dev/interactivity/handling-user-interaction
    """

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Handle one post; a rejected one does not count as a use of the URL."""
        try:
            url = self._world.response_urls.find(request.match_info["key"])
        except RefusedError as gone:
            return web.Response(status=NOT_FOUND, text=gone.word)
        try:
            self._take(url, Arguments(_body(await request.text()), self._world.settings.scopes))
        except RefusedError as refused:
            return web.Response(status=BAD_REQUEST, text=refused.word)
        url.uses_left -= 1
        return web.Response(text="ok")

    def _take(self, url: ResponseUrl, arguments: Arguments) -> None:
        source = self._source(url)
        if arguments.flag("delete_original"):
            if source is not None:
                self._world.messages.delete(source)
            return
        # The total length of a message is reportedly not checked here: bolt-js#2509.
        parts = content(self._world, arguments, count_characters=False)
        if source is not None and arguments.flag("replace_original"):
            dropped = tuple({"blocks", "attachments"} - set(parts))
            self._world.messages.change(source, parts, dropped=dropped)
            return
        parts |= thread_part(self._world, url.channel, arguments.optional("thread_ts"))
        body = from_bot(self._world, parts)
        if arguments.optional("response_type") == "in_channel":
            self._world.messages.post(url.channel, body)
        else:
            self._world.messages.post_ephemeral(url.channel, url.user, body)

    def _source(self, url: ResponseUrl) -> Message | None:
        messages = self._world.messages
        return messages.find(url.channel, url.source_ts) or messages.find_private(url.source_ts)


def _body(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except ValueError:
        raise RefusedError("invalid_payload") from None
    if not isinstance(value, dict):
        raise RefusedError("invalid_payload")
    return value
