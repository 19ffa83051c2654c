"""Runs the `wandb` SDK in its own threads: imported late, connected once, with a deadline per call."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from bot.clients.wandb.errors import SDK_PROCESS_GONE, no_key, of_library, timed_out
from bot.clients.wandb.sdk_process import SdkProcess
from bot.models.errors import ServiceError

T = TypeVar("T")
THREADS = 3
CLOSE_SECONDS = 3.0


class SdkPool:
    """A connected `wandb.Api` shared by a thread pool. `call_seconds` limits each call inside the SDK."""

    def __init__(
        self, *, base_url: str, api_key: str, entity: str, project: str, call_seconds: float
    ) -> None:
        self._overrides = {"base_url": base_url, "entity": entity, "project": project}
        self._key = api_key
        self._call = call_seconds
        self._process = SdkProcess()
        self._pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="wandb")
        self._api: asyncio.Task[Any] | None = None
        self._app_url = ""

    @property
    def app_url(self) -> str:
        """The base URL of W&B's web pages; "" until the SDK has been imported."""
        return self._app_url

    async def ask(self, work: Callable[[Any], T], *, deadline: float) -> T:
        """Return work(api), run in the pool; raise ServiceError when it fails or exceeds the deadline.

        A call that exceeds its deadline occupies its thread until the SDK's own timeout, `call_seconds`.
        """
        try:
            async with asyncio.timeout(deadline):
                try:
                    return await self._ask(work)
                except ServiceError as error:
                    if error.problem.message != SDK_PROCESS_GONE:
                        raise
                return await self._ask(work)
        except TimeoutError as error:
            raise timed_out(deadline) from error

    async def connect(self) -> None:
        """Connect unless connected; raise ServiceError when W&B rejects the key or is down."""
        await self.ask(lambda _: None, deadline=self._call)

    async def close(self) -> None:
        """Stop the SDK's process and threads, waiting for at most a few seconds."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        loop = asyncio.get_running_loop()
        closed = loop.create_future()

        def close() -> None:
            self._process.close()
            with suppress(RuntimeError):  # the caller no longer waits
                loop.call_soon_threadsafe(closed.cancel)

        # A daemon thread: our process ends even if the SDK's does not.
        threading.Thread(target=close, daemon=True).start()
        await asyncio.wait({closed}, timeout=CLOSE_SECONDS)

    async def _ask(self, work: Callable[[Any], T]) -> T:
        connecting = self._connecting()
        try:
            # One caller's deadline must not cancel the connection attempt of the others.
            api = await asyncio.shield(connecting)
            return await self._in_thread(lambda: work(api))
        except ServiceError as error:
            if error.problem.message == SDK_PROCESS_GONE and connecting is self._api:
                self._process.mark_lost()
                self._api = None
            raise

    def _connecting(self) -> asyncio.Task[Any]:
        if not self._key:
            raise no_key()
        if self._api is None or (self._api.done() and _failed(self._api)):
            self._api = asyncio.ensure_future(self._in_thread(self._connected))
            # Retrieves the exception if all callers have timed out.
            self._api.add_done_callback(_failed)
        return self._api

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, _guarded, work)

    def _connected(self) -> Any:
        self._process.start()
        import wandb  # noqa: PLC0415 - already imported by `start`

        # Set before W&B is called, so that links work while it is down.
        self._app_url = app_address(self._overrides["base_url"])
        return wandb.Api(overrides=self._overrides, api_key=self._key, timeout=math.ceil(self._call))


def app_address(base_url: str) -> str:
    """Return the URL of the web pages for an API URL; imports the SDK."""
    from wandb.util import api_to_app_url  # noqa: PLC0415 - takes half a second on first import

    # W&B's own rules, which changed with its cloud: https://docs.coreweave.com/forge-whats-moved
    return str(api_to_app_url(base_url)).rstrip("/")


def _guarded(work: Callable[[], T]) -> T:
    try:
        return work()
    except ServiceError:
        raise
    except Exception as error:
        # The SDK raises any exception, including those of its parsers.
        raise ServiceError(of_library(error)) from error


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.cancelled() or task.exception() is not None
