"""The HTTP routes of the workspace."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.file_routes import FileRoutes
from bot.sandbox.slack.guard import reject_foreign_origin
from bot.sandbox.slack.response_url_routes import ResponseUrlRoutes
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.ui import PageSocket
from bot.sandbox.slack.user_actions import UserActions
from bot.sandbox.slack.web_api import WebApi
from bot.sandbox.slack.world import World

PAGE = Path(__file__).parent / "page"
BODY_LIMIT = 64 * 2**20
POLICY = (
    "default-src 'self'; img-src 'self' https: data:; style-src 'self' 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def application(
    world: World, people: UserActions, delivery: Delivery, sockets: SocketMode
) -> web.Application:
    """Return the application with all routes except the control API."""
    app = web.Application(client_max_size=BODY_LIMIT)
    response_urls, files = ResponseUrlRoutes(world), FileRoutes(world)
    page = PageSocket(world, people, delivery, sockets)
    app.router.add_route("*", "/api/{method}", WebApi(world).handle)
    app.router.add_get("/link/", sockets.handle)
    app.router.add_post("/commands/{team}/{key}", response_urls.handle)
    app.router.add_post("/actions/{team}/{key}", response_urls.handle)
    app.router.add_post("/upload/v1/{ticket}", files.upload)
    app.router.add_get("/files/{file}/{name}", files.download)
    app.router.add_get("/files/{file}/download/{name}", files.download)
    app.router.add_get("/ui/ws", page.handle)
    app.router.add_get("/archives/{channel}/{message}", _archives)
    app.router.add_get("/", _index)
    if PAGE.is_dir():
        app.router.add_static("/static/", PAGE)
    return app


async def _index(request: web.Request) -> web.StreamResponse:
    reject_foreign_origin(request)
    index = PAGE / "index.html"
    if not index.is_file():
        return web.Response(text="The sandbox is running, but its page is not installed.")
    return web.FileResponse(index, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})


async def _archives(request: web.Request) -> web.StreamResponse:
    """Redirect a permalink to its message on the page."""
    channel, digits = request.match_info["channel"], request.match_info["message"].removeprefix("p")
    ts = f"{digits[:-6]}.{digits[-6:]}"
    root = request.query.get("thread_ts", ts)
    raise web.HTTPFound(f"/#/{channel}/{root}/{ts}")
