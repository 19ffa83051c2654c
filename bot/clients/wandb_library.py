"""The `wandb` library in threads of its own: loaded late, told everything, and given up in time.

It talks to a process that it starts (wandb-core), which repeats a failed read once by these settings.
"""

from __future__ import annotations

import asyncio
import math
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from bot.clients.wandb_errors import no_key, of_library, timed_out
from bot.errors import ServiceError

T = TypeVar("T")
THREADS = 3
TEARDOWN_SECONDS = 3.0
# What the library says when the process that it started is gone; it never starts another by itself.
CORE_IS_GONE = "process is not running"


class Library:
    """One connected `wandb.Api`, shared by the threads. `call_seconds` is the longest that one call lasts."""

    def __init__(
        self, *, base_url: str, api_key: str, entity: str, project: str, call_seconds: float
    ) -> None:
        self._overrides = {"base_url": base_url, "entity": entity, "project": project}
        self._key = api_key
        self._call = call_seconds
        self._pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="wandb")
        self._folder = tempfile.TemporaryDirectory(prefix="launch-control-wandb-", ignore_cleanup_errors=True)
        self._api: asyncio.Task[Any] | None = None
        self._loaded = False

    async def ask(self, work: Callable[[Any], T], *, deadline: float) -> T:
        """Returns work(api) from one of the threads; raises ServiceError when it fails or takes too long.

        A call that is given up keeps its thread until the library's own limit, `call_seconds`, ends it.
        """
        try:
            async with asyncio.timeout(deadline):
                api = await self.connect()
                return await self._in_thread(work, api)
        except TimeoutError as error:
            raise timed_out(deadline) from error
        except ServiceError as error:
            if CORE_IS_GONE in error.problem.message:
                self._api = None
            raise

    async def connect(self) -> Any:
        """The library's Api, connected once for all who ask; raises ServiceError when the key is refused."""
        if not self._key:
            raise no_key()
        if self._api is None or (self._api.done() and _failed(self._api)):
            self._api = asyncio.ensure_future(self._in_thread(self._connected, None))
            # Nobody may be left to hear of a failure when every asker was given up.
            self._api.add_done_callback(_failed)
        # One asker's deadline must not end the connecting for the others.
        return await asyncio.shield(self._api)

    async def close(self) -> None:
        """Ends the library's process and threads; waits for at most a few seconds."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._api is not None:
            self._api.cancel()
            await asyncio.gather(self._api, return_exceptions=True)
        if self._loaded:
            try:
                async with asyncio.timeout(TEARDOWN_SECONDS):
                    await asyncio.to_thread(_tear_down)
            except TimeoutError:
                pass  # the process ends with ours
        self._folder.cleanup()

    async def _in_thread(self, work: Callable[[Any], T], api: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, _guarded, work, api)

    def _connected(self, _none: None) -> Any:
        if self._loaded:
            _tear_down()  # what was connected before is gone
        os.environ.update(self._environment())
        self._loaded = True
        import wandb  # noqa: PLC0415 - it takes half a second, and reads the environment at once

        return wandb.Api(overrides=self._overrides, api_key=self._key, timeout=math.ceil(self._call))

    def _environment(self) -> dict[str, str]:
        """The library's options that it takes from the environment only."""
        folder = Path(self._folder.name)
        return {
            "WANDB_ERROR_REPORTING": "false",  # no telemetry
            "WANDB_SILENT": "true",
            # Left alone it repeats until our deadline, and what was wrong stays in the dark.
            "WANDB_X_GRAPHQL_RETRY_MAX": "1",
            # It makes a folder for each run that it lists, and reads and writes its files at home.
            "WANDB_DIR": str(folder),
            "WANDB_CACHE_DIR": str(folder / "cache"),
            "WANDB_CONFIG_DIR": str(folder / "config"),
            "WANDB_DATA_DIR": str(folder / "data"),
        }


def _guarded(work: Callable[[Any], T], api: Any) -> T:
    try:
        return work(api)
    except ServiceError:
        raise
    except Exception as error:
        # The library raises whatever its parsing meets.
        raise ServiceError(of_library(error)) from error


def _tear_down() -> None:
    import wandb  # noqa: PLC0415 - loaded already when this is called

    wandb.teardown()


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.cancelled() or task.exception() is not None
