"""A rate-limited queue of message edits: state changes first, ticks only with spare capacity."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog
from aiolimiter import AsyncLimiter

from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.ports import NotInvited

# Edits sent without delay; with a larger burst, burst and rate together would exceed Tier 3.
BURST = 8
# A tick may use only the first half of the burst; the rest is kept for edits that must be delivered.
TICK_SHARE = 0.5
MAX_PAUSE = 60.0  # seconds; the longest pause between attempts while Slack is unavailable
DELIVERY = 30.0  # seconds until `deliver` reports that Slack is unavailable
BACKLOG_SECONDS = 10.0  # seconds; a longer backlog is logged, at most once in this time


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of the message (channel, ts); a later edit of the same message replaces it."""

    channel: str
    ts: str
    send: Callable[[], Awaitable[None]]
    owed: bool


class EditQueue:
    """Sends edits sequentially, at most `per_minute`, coalesced by message.

    chat.update is in Tier 3, about 50 calls a minute per app and workspace:
    https://docs.slack.dev/apis/web-api/rate-limits
    """

    def __init__(self, per_minute: float) -> None:
        burst = max(1.0, min(BURST, per_minute))
        self._budget = AsyncLimiter(burst, burst * 60 / per_minute)
        self._tick_floor = burst * TICK_SHARE
        self._seconds_each = 60 / per_minute
        self._backlog_logged_at = -BACKLOG_SECONDS
        self._log = structlog.get_logger("slack.outbox")
        self._waiting: dict[tuple[str, str], Edit] = {}
        self._delivered: dict[tuple[str, str], list[asyncio.Future[None]]] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._worker: asyncio.Task[None] | None = None

    @property
    def backlog(self) -> int:
        """The number of pending edits; at most one per message."""
        return len(self._waiting)

    def offer(self, edit: Edit) -> bool:
        """Queue an edit; a tick is dropped (False) when there is no capacity for it."""
        key = (edit.channel, edit.ts)
        previous = self._waiting.get(key)
        if not edit.owed and previous is None and not self._room_for_tick():
            return False
        self._idle.clear()
        self._waiting[key] = replace(edit, owed=edit.owed or (previous is not None and previous.owed))
        self._wake.set()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="slack outbox")
        return True

    async def deliver(self, edit: Edit, *, within: float = DELIVERY) -> None:
        """Send an edit, or a later one of the same message, and return once Slack has accepted it.

        Raise ServiceError when Slack rejects it, or does not accept it `within` seconds; in the latter case
        it stays in the queue. Raise NotInvited where the bot may no longer post.
        """
        key = (edit.channel, edit.ts)
        delivered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._delivered.setdefault(key, []).append(delivered)
        self.offer(replace(edit, owed=True))
        try:
            async with asyncio.timeout(within):
                await delivered
        except TimeoutError:
            text = f"it did not take an edit within {within:g} s"
            raise ServiceError(Problem(ProblemKind.TIMED_OUT, "Slack", text)) from None

    async def close(self, grace: float = 3.0) -> None:
        """Send the pending edits for up to `grace` seconds, then stop."""
        if self._worker is None:
            return
        try:
            async with asyncio.timeout(grace):
                await self._idle.wait()
        except TimeoutError:
            self._log.warning("edits were not sent in time", edits=len(self._waiting))
        self._worker.cancel()
        await asyncio.gather(self._worker, return_exceptions=True)

    def _room_for_tick(self) -> bool:
        owed = any(edit.owed for edit in self._waiting.values())
        return not owed and self._budget.has_capacity(self._tick_floor)

    def _next(self) -> Edit:
        return next(
            (edit for edit in self._waiting.values() if edit.owed), next(iter(self._waiting.values()))
        )

    async def _work(self) -> None:
        pause = 0.0
        while True:
            if not self._waiting:
                self._idle.set()
                self._wake.clear()
                await self._wake.wait()
            await self._budget.acquire()
            self._log_backlog()
            pause = await self._send(self._next(), pause)
            await asyncio.sleep(pause)

    def _log_backlog(self) -> None:
        seconds, now = self.backlog * self._seconds_each, asyncio.get_running_loop().time()
        if seconds >= BACKLOG_SECONDS and now >= self._backlog_logged_at + BACKLOG_SECONDS:
            self._backlog_logged_at = now
            self._log.info("edits wait for Slack's rate limit", edits=self.backlog, seconds=round(seconds))

    async def _send(self, edit: Edit, pause: float) -> float:
        """Send one edit; return the pause before the next one, in seconds."""
        key = (edit.channel, edit.ts)
        del self._waiting[key]
        try:
            await edit.send()
        except ServiceError as error:
            if error.problem.passing:
                if edit.owed:
                    self._waiting.setdefault(key, edit)
                self._log.warning("Slack did not take an edit", reason=str(error), waiting=self.backlog)
                return min(MAX_PAUSE, error.problem.retry_after or max(0.5, pause * 2))
            self._log.error("Slack refused an edit", reason=str(error))
            self._resolve(key, error)
        except NotInvited as error:
            self._log.warning("a card can no longer be edited", reason=str(error))
            self._resolve(key, error)
        except Exception as error:  # noqa: BLE001 - an error in one message must not stop the queue
            self._log.exception("an edit failed in an unexpected way")
            self._resolve(key, error)
        else:
            self._resolve(key, None)
        return 0.0

    def _resolve(self, key: tuple[str, str], error: Exception | None) -> None:
        if key in self._waiting:
            return  # a newer edit is pending; its result counts
        for delivered in self._delivered.pop(key, []):
            if delivered.done():
                continue
            if error is None:
                delivered.set_result(None)
            else:
                delivered.set_exception(error)
