"""W&B's HTTP API: GraphQL with basic authentication, telemetry endpoints and faults."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from bot.sandbox.wandb.graph import Answer, Graph, ParsedRequest
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World

REGION = "-"
_HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_DROP = "drop"
_DISCONNECT_POLL_SECONDS = 0.1
_MESSAGES = {
    "401": "user is not logged in",
    "403": "permission denied",
    "404": "not found",
    "429": "rate limit exceeded",
    "500": "internal server error",
}


class WandbServer:
    """W&B's API on a world, at `url` once started. Faults are those of the world for the service "wandb".

    A fault's method is a mutation's field, a query's own name, or any requested field.
    """

    def __init__(
        self, world: World, *, api_key: str, entity: str | None = None, project: str | None = None
    ) -> None:
        self.world = world
        world.api_key = api_key
        world.entity = entity or world.entity
        world.wandb_project = project or world.wandb_project
        self.url = ""
        self._api_key = api_key
        self._graph = Graph(world)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        """Listen on loopback, on this port or on a free one."""
        app = web.Application(client_max_size=64 * 2**20, middlewares=[self._authenticate])
        app.router.add_post("/graphql", self._graphql)
        app.router.add_post("/files/{entity}/{project}/{run}/file_stream", _empty_response)
        app.router.add_put("/sandbox/upload", _empty_response)
        app.router.add_post("/sdk/otel/{rest:.*}", _empty_response)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        bound = self._runner.addresses[0][1]
        self.url = self.world.wandb_url = f"http://127.0.0.1:{bound}"

    async def close(self) -> None:
        """Stop listening, and abort calls that hang."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _authenticate(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        wanted = base64.b64encode(f"api:{self._api_key}".encode()).decode()
        if given != f"Basic {wanted}" and not request.path.startswith("/sdk/otel"):
            return _failure(HTTPStatus.UNAUTHORIZED, _MESSAGES["401"])
        return await handler(request)

    async def _graphql(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
        except ValueError:
            return _failure(HTTPStatus.BAD_REQUEST, "request body is not JSON")
        parsed = self._graph.read(body)
        if isinstance(parsed, Answer):
            return _json(parsed)
        self.world.calls["wandb", parsed.name, REGION] += 1
        latency = self.world.latency.get("wandb", self.world.latency.get("*", 0.0))
        await asyncio.sleep(latency)
        fault = self.world.fault("wandb", parsed.name, REGION, also=parsed.also)
        if fault is None:
            return _json(self._graph.execute(parsed))
        return await self._answer_with_fault(request, parsed, fault)

    async def _answer_with_fault(
        self, request: web.Request, parsed: ParsedRequest, fault: Fault
    ) -> web.StreamResponse:
        answer = self._graph.execute(parsed) if fault.after_effect else None
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.hang:
            await _until_disconnected(request)
            return web.Response()
        if fault.status == _DROP:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if not fault.status:
            return _json(answer or self._graph.execute(parsed))
        return _fault_response(fault)


async def _until_disconnected(request: web.Request) -> None:
    """Wait until the client has disconnected."""
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - aiohttp has no event for it
        await asyncio.sleep(_DISCONNECT_POLL_SECONDS)


def _fault_response(fault: Fault) -> web.Response:
    if fault.status == "html":
        return web.Response(status=HTTPStatus.OK, text=fault.message or _HTML, content_type="text/html")
    if fault.message.startswith("<"):
        return web.Response(status=int(fault.status), text=fault.message, content_type="text/html")
    if fault.status == "graphql":
        return _failure(HTTPStatus.OK, fault.message or "something went wrong")
    response = _failure(HTTPStatus(int(fault.status)), fault.message or _MESSAGES.get(fault.status, "error"))
    if fault.status == str(HTTPStatus.TOO_MANY_REQUESTS.value):
        wait = max(1, round(fault.retry_delay or 1))
        response.headers.update(
            {"Retry-After": str(wait), "RateLimit-Remaining": "0", "RateLimit-Reset": str(wait)}
        )
    return response


def _json(answer: Answer) -> web.Response:
    return web.json_response(answer.body, status=answer.status)


def _failure(status: HTTPStatus, message: str) -> web.Response:
    body: dict[str, Any] = {"errors": [{"message": message}], "data": None}
    return web.json_response(text=json.dumps(body), status=status)


async def _empty_response(_request: web.Request) -> web.Response:
    return web.json_response({})
