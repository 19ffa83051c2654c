"""The workspace as one object: what a client is told, its start and its end."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from aiohttp import web

from bot.sandbox.slack.acts import Acts
from bot.sandbox.slack.control import Control
from bot.sandbox.slack.routes import application
from bot.sandbox.slack.settings import SlackSettings
from bot.sandbox.slack.world import World

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SlackWorkspace(Acts):
    """A Slack workspace on this machine that a Slack client talks to as it talks to Slack.

    In every method people and channels are named by id or by name ("alice", "#training"); an unknown
    one raises KeyError with a sentence. Use it as an async context manager, or `start` and `close` it.
    """

    def __init__(self, settings: SlackSettings | None = None) -> None:
        self.settings = settings or SlackSettings()
        super().__init__(World(self.settings))
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The page's address, ending in a slash."""
        return self.world.base_url

    @property
    def api_url(self) -> str:
        """What a Slack client takes as its base URL."""
        return f"{self.world.base_url}api/"

    @property
    def bot_token(self) -> str:
        """The token of all methods but one."""
        return self.settings.bot_token

    @property
    def app_token(self) -> str:
        """The token of apps.connections.open."""
        return self.settings.app_token

    @property
    def signing_secret(self) -> str:
        """The secret with which HTTP mode signs."""
        return self.settings.signing_secret

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Listen on loopback, on a free port by default; raises ValueError for any other host."""
        if host not in LOOPBACK:
            raise ValueError(f"The sandbox listens on this machine only, not on {host}. Try 127.0.0.1.")
        app = application(self.world, self._people, self._delivery, self._sockets)
        app.router.add_post("/control", Control(self).handle)
        # Whatever is worth finishing is closed by `close`; idle keep-alive connections are not waited for.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        name = f"[{host}]" if ":" in host else host
        self.world.base_url = f"http://{name}:{self._runner.addresses[0][1]}/"
        await self.use_http(self.settings.request_url)
        return self

    async def close(self) -> None:
        """Stop everything that was started; a second call is harmless."""
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
