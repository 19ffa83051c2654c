"""The workspace as a server: its URLs and tokens, start and close."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from aiohttp import web

from bot.sandbox.slack.control import Control
from bot.sandbox.slack.routes import application
from bot.sandbox.slack.settings import SlackSettings
from bot.sandbox.slack.workspace_actions import WorkspaceActions
from bot.sandbox.slack.world import World

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SlackWorkspace(WorkspaceActions):
    """A Slack workspace on this machine with Slack's protocols.

    All methods accept users and channels by id or by name ("alice", "#training"); an unknown
    one raises KeyError with a message. Use it as an async context manager, or call `start` and `close`.
    """

    def __init__(self, settings: SlackSettings | None = None) -> None:
        self.settings = settings or SlackSettings()
        super().__init__(World(self.settings))
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The page's URL, with a trailing slash."""
        return self.world.base_url

    @property
    def api_url(self) -> str:
        """The base URL for Slack clients."""
        return f"{self.world.base_url}api/"

    @property
    def bot_token(self) -> str:
        """The token of all methods except apps.connections.open."""
        return self.settings.bot_token

    @property
    def app_token(self) -> str:
        """The token of apps.connections.open."""
        return self.settings.app_token

    @property
    def signing_secret(self) -> str:
        """The signing secret of HTTP mode."""
        return self.settings.signing_secret

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Listen on loopback, on a free port by default; raise ValueError for any other host."""
        if host not in LOOPBACK:
            raise ValueError(f"The sandbox listens on this machine only, not on {host}. Try 127.0.0.1.")
        app = application(self.world, self._people, self._delivery, self._sockets)
        app.router.add_post("/control", Control(self).handle)
        # `close` ends all work; do not wait for idle keep-alive connections.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        name = f"[{host}]" if ":" in host else host
        self.world.base_url = f"http://{name}:{self._runner.addresses[0][1]}/"
        await self.use_http(self.settings.request_url)
        return self

    async def close(self) -> None:
        """Stop everything; a second call has no effect."""
        await self.world.settle()
        await self._sockets.close()
        await self.use_http("")
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        return self if self._runner is not None else await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
