"""The one way in for new launches: what comes while a transaction is written goes together into the next."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.models.errors import StoreError
from bot.ports import Added
from bot.store.adding import Adding, Request
from bot.store.engine import Database
from bot.store.prune import forget_launch

# Of one transaction: so many rows are written within a few hundredths of a second.
MOST = 250


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A request, and where its answer is expected."""

    request: Request
    answer: asyncio.Future[Added]


class Intake:
    """Adds launches, those that come together in one transaction; one that fails fails alone."""

    def __init__(self, database: Database, adding: Adding) -> None:
        self._database = database
        self._adding = adding
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("store")

    async def add(self, request: Request) -> Added:
        """Add a launch, once; returns the one that stands now, when that is safe on the disk.

        When the asker gives up waiting (is cancelled), the launch is taken back even if it was written
        after all: they were told that nothing was started.
        """
        one = _Waiting(request, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._writer is None:
            self._writer = asyncio.ensure_future(self._write())
        try:
            return await asyncio.shield(one.answer)
        except asyncio.CancelledError:
            if one in self._waiting:
                self._waiting.remove(one)
            else:
                self._leave(self._take_back(one.answer))
            raise

    async def settle(self) -> None:
        """Return when everything that was begun is over."""
        while self._writer is not None or self._leaving:
            writer = () if self._writer is None else (self._writer,)
            await asyncio.wait([*writer, *self._leaving])

    async def _write(self) -> None:
        try:
            while self._waiting:
                # The same words again may not be answered with a launch that is about to be taken back.
                if self._leaving:
                    await asyncio.wait(self._leaving)
                await self._together(self._next())
        finally:
            self._writer = None

    def _next(self) -> list[_Waiting]:
        """Return the oldest requests, up to the first that shares a key with one before it."""
        keys: set[str] = set()
        batch: list[_Waiting] = []
        for one in self._waiting[:MOST]:
            mine = {one.request.trigger, one.request.press, one.request.launch.launch_id}
            if keys & mine:
                break
            keys |= mine
            batch.append(one)
        del self._waiting[: len(batch)]
        return batch

    async def _together(self, batch: Sequence[_Waiting]) -> None:
        stored: frozenset[str] = frozenset()
        if len(batch) > 1:
            try:
                async with self._database.write(urgent=True) as connection:
                    stored = await self._adding.many(connection, [one.request for one in batch])
            except Exception as error:  # noqa: BLE001 - each is tried alone below, and hears of its own
                # One that cannot be stored must not take the others with it.
                self._log.warning("launches_stored_one_by_one", launches=len(batch), reason=str(error))
        for one in batch:
            if one.request.launch.launch_id in stored:
                _answer(one, Added(launch=one.request.launch, fresh=True))
            else:
                await self._alone(one)

    async def _alone(self, one: _Waiting) -> None:
        try:
            async with self._database.write(urgent=True) as connection:
                added = await self._adding.one(connection, one.request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the asker hears of it, and nobody else
            if not one.answer.done():
                one.answer.set_exception(error)
        else:
            _answer(one, added)

    def _leave(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _take_back(self, answer: asyncio.Future[Added]) -> None:
        added = (await asyncio.gather(answer, return_exceptions=True))[0]
        if not isinstance(added, Added) or not added.fresh:
            return
        launch_id = added.launch.launch_id
        try:
            async with self._database.write() as connection:
                await forget_launch(connection, launch_id)
        except StoreError as error:
            self._log.error("launch_not_taken_back", launch_id=launch_id, reason=str(error))
        else:
            self._log.warning("launch_taken_back", launch_id=launch_id)


def _answer(one: _Waiting, added: Added) -> None:
    if not one.answer.done():
        one.answer.set_result(added)
