"""Batches inserts of new launches: requests that arrive during a transaction share the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.models.errors import StoreError
from bot.ports import Added
from bot.store.engine import Database
from bot.store.insert import InsertRequest, LaunchInserter
from bot.store.prune import delete_launch

# Rows per transaction; this many are written within a few hundredths of a second.
MAX_BATCH = 250


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A request and the future of its result."""

    request: InsertRequest
    result: asyncio.Future[Added]


class BatchInserter:
    """Inserts launches in batches; a request that fails does not affect the others."""

    def __init__(self, database: Database, inserter: LaunchInserter) -> None:
        self._database = database
        self._inserter = inserter
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None
        self._removals: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("store")

    async def add(self, request: InsertRequest) -> Added:
        """Insert a launch once; return the stored launch after the commit.

        When the caller is cancelled, the launch is deleted even if it was written:
        the caller reports that nothing was started.
        """
        one = _Waiting(request, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._writer is None:
            self._writer = asyncio.ensure_future(self._write())
        try:
            return await asyncio.shield(one.result)
        except asyncio.CancelledError:
            if one in self._waiting:
                self._waiting.remove(one)
            else:
                self._start_removal(self._remove_added(one.result))
            raise

    async def drain(self) -> None:
        """Wait until all pending inserts and removals have finished."""
        while self._writer is not None or self._removals:
            writer = () if self._writer is None else (self._writer,)
            await asyncio.wait([*writer, *self._removals])

    async def _write(self) -> None:
        try:
            while self._waiting:
                # A repeated request must not be answered with a launch that is about to be removed.
                if self._removals:
                    await asyncio.wait(self._removals)
                await self._insert_batch(self._next())
        finally:
            self._writer = None

    def _next(self) -> list[_Waiting]:
        """Return the oldest requests, up to the first that shares a key with an earlier one."""
        keys: set[str] = set()
        batch: list[_Waiting] = []
        for one in self._waiting[:MAX_BATCH]:
            mine = {one.request.trigger, one.request.press, one.request.launch.launch_id}
            if keys & mine:
                break
            keys |= mine
            batch.append(one)
        del self._waiting[: len(batch)]
        return batch

    async def _insert_batch(self, batch: Sequence[_Waiting]) -> None:
        stored: frozenset[str] = frozenset()
        if len(batch) > 1:
            try:
                async with self._database.write(urgent=True) as connection:
                    stored = await self._inserter.insert_many(connection, [one.request for one in batch])
            except Exception as error:  # noqa: BLE001 - each is retried alone below and gets its own error
                # One invalid request must not fail the others.
                self._log.warning("launches_stored_one_by_one", launches=len(batch), reason=str(error))
        for one in batch:
            if one.request.launch.launch_id in stored:
                _set_result(one, Added(launch=one.request.launch, fresh=True))
            else:
                await self._insert_alone(one)

    async def _insert_alone(self, one: _Waiting) -> None:
        try:
            async with self._database.write(urgent=True) as connection:
                added = await self._inserter.insert_one(connection, one.request)
        except Exception as error:  # noqa: BLE001 - any error is passed to this caller only
            if not one.result.done():
                one.result.set_exception(error)
        else:
            _set_result(one, added)

    def _start_removal(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._removals.add(task)
        task.add_done_callback(self._removals.discard)

    async def _remove_added(self, answer: asyncio.Future[Added]) -> None:
        added = (await asyncio.gather(answer, return_exceptions=True))[0]
        if not isinstance(added, Added) or not added.fresh:
            return
        launch_id = added.launch.launch_id
        try:
            async with self._database.write() as connection:
                await delete_launch(connection, launch_id)
        except StoreError as error:
            self._log.error("launch_not_taken_back", launch_id=launch_id, reason=str(error))
        else:
            self._log.warning("launch_taken_back", launch_id=launch_id)


def _set_result(one: _Waiting, added: Added) -> None:
    if not one.result.done():
        one.result.set_result(added)
