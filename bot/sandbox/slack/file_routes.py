"""Handles file uploads and downloads: upload URLs and private URLs."""

from __future__ import annotations

from aiohttp import web

from bot.sandbox.slack.files import StoredFile
from bot.sandbox.slack.wire import RefusedError
from bot.sandbox.slack.world import World


class FileRoutes:
    """Serves /upload/v1/{ticket} and /files/{id}/..."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Store the bytes, raw or as a form's first file; the length must be the announced one."""
        stored = self._world.files.by_ticket(request.match_info["ticket"])
        if stored is None or stored.completed:
            return web.Response(status=404, text="not found")
        content = await _bytes(request)
        if len(content) != stored.length:
            return web.Response(status=400, text=f"expected {stored.length} bytes, got {len(content)}")
        stored.content = content
        return web.Response(text=f"OK - {len(content)}", content_type="text/plain")

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Return the bytes to the app's token or to the sandbox's own page.

        Other requests are redirected to an HTML page with status 200, as in Slack.
        """
        try:
            stored = self._world.files.find(request.match_info["file"])
        except RefusedError:
            return web.Response(status=404, text="not found")
        own_page = request.headers.get("Sec-Fetch-Site") == "same-origin"
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not own_page and token != self._world.settings.bot_token:
            raise web.HTTPFound("/")
        return _attachment(stored)


async def _bytes(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    reader = await request.multipart()
    part = await reader.next()
    return bytes(await part.read()) if part is not None and hasattr(part, "read") else b""


def _attachment(stored: StoredFile) -> web.Response:
    # Uploaded HTML must not run on the page's origin.
    harmless = "text/plain" if stored.is_text else stored.mimetype
    kind = "application/octet-stream" if "svg" in harmless else harmless
    return web.Response(
        body=stored.content or b"",
        content_type=kind,
        charset="utf-8" if kind == "text/plain" else None,
        headers={"X-Content-Type-Options": "nosniff"},
    )
