"""The `wandb` library in threads of its own: loaded late, connected once, and given up in time."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from bot.clients.wandb.errors import CORE_IS_GONE, no_key, of_library, timed_out
from bot.clients.wandb.sdk_process import Core
from bot.models.errors import ServiceError

T = TypeVar("T")
THREADS = 3
CLOSE_SECONDS = 3.0


class Library:
    """One connected `wandb.Api`, shared by the threads. `call_seconds` is the longest that one call lasts."""

    def __init__(
        self, *, base_url: str, api_key: str, entity: str, project: str, call_seconds: float
    ) -> None:
        self._overrides = {"base_url": base_url, "entity": entity, "project": project}
        self._key = api_key
        self._call = call_seconds
        self._core = Core()
        self._pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="wandb")
        self._api: asyncio.Task[Any] | None = None
        self._app_url = ""

    @property
    def app_url(self) -> str:
        """The address under which people look at W&B's pages; "" until the library has been loaded."""
        return self._app_url

    async def ask(self, work: Callable[[Any], T], *, deadline: float) -> T:
        """Return work(api) from one of the threads; raises ServiceError when it fails or takes too long.

        A call that is given up keeps its thread until the library's own limit, `call_seconds`, ends it.
        """
        try:
            async with asyncio.timeout(deadline):
                try:
                    return await self._ask(work)
                except ServiceError as error:
                    if error.problem.message != CORE_IS_GONE:
                        raise
                return await self._ask(work)
        except TimeoutError as error:
            raise timed_out(deadline) from error

    async def connect(self) -> None:
        """Connects, if that was not done; raises ServiceError when W&B refuses the key or is down."""
        await self.ask(lambda _: None, deadline=self._call)

    async def close(self) -> None:
        """End the library's process and threads; waits for at most a few seconds."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        loop = asyncio.get_running_loop()
        closed = loop.create_future()

        def close() -> None:
            self._core.close()
            with suppress(RuntimeError):  # nobody waits any more
                loop.call_soon_threadsafe(closed.cancel)

        # A daemon: should the library's process not end, ours does.
        threading.Thread(target=close, daemon=True).start()
        await asyncio.wait({closed}, timeout=CLOSE_SECONDS)

    async def _ask(self, work: Callable[[Any], T]) -> T:
        connecting = self._connecting()
        try:
            # One asker's deadline must not end the connecting for the others.
            api = await asyncio.shield(connecting)
            return await self._in_thread(lambda: work(api))
        except ServiceError as error:
            if error.problem.message == CORE_IS_GONE and connecting is self._api:
                self._core.lose()
                self._api = None
            raise

    def _connecting(self) -> asyncio.Task[Any]:
        if not self._key:
            raise no_key()
        if self._api is None or (self._api.done() and _failed(self._api)):
            self._api = asyncio.ensure_future(self._in_thread(self._connected))
            # Nobody may be left to hear of a failure when every asker was given up.
            self._api.add_done_callback(_failed)
        return self._api

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, _guarded, work)

    def _connected(self) -> Any:
        self._core.start()
        import wandb  # noqa: PLC0415 - the core has just loaded it

        # Before W&B is asked: while it is down, links are right all the same.
        self._app_url = app_address(self._overrides["base_url"])
        return wandb.Api(overrides=self._overrides, api_key=self._key, timeout=math.ceil(self._call))


def app_address(base_url: str) -> str:
    """Return the address of the pages that belong to an API address; loads the library."""
    from wandb.util import api_to_app_url  # noqa: PLC0415 - half a second, for whoever asks first

    # W&B's own rules, which moved with its cloud: https://docs.coreweave.com/forge-whats-moved
    return str(api_to_app_url(base_url)).rstrip("/")


def _guarded(work: Callable[[], T]) -> T:
    try:
        return work()
    except ServiceError:
        raise
    except Exception as error:
        # The library raises whatever its parsing meets.
        raise ServiceError(of_library(error)) from error


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.cancelled() or task.exception() is not None
