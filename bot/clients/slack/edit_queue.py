"""The one way out for edits: changes of state first, ticks only from what is left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog
from aiolimiter import AsyncLimiter

from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.ports import NotInvited

# So many edits may go at once; with more, a burst and the minute's own budget together would pass Tier 3.
BURST = 8
# Edits that are owed come first: a tick may only use the first half of what may go at once.
TICK_SHARE = 0.5
MAX_PAUSE = 60.0  # seconds between two tries while Slack is away
DELIVERY = 30.0  # seconds that a delivery waits before its asker hears that Slack is away
LATE = 10.0  # a backlog that takes more seconds than this is told in the log, and then as seldom


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of the message (channel, ts); a later one for the same message takes its place."""

    channel: str
    ts: str
    send: Callable[[], Awaitable[None]]
    owed: bool


class EditQueue:
    """Sends edits one after the other, at most `per_minute`, coalesced by message.

    chat.update is Tier 3, about 50 a minute for the app in a workspace:
    https://docs.slack.dev/apis/web-api/rate-limits
    """

    def __init__(self, per_minute: float) -> None:
        burst = max(1.0, min(BURST, per_minute))
        self._budget = AsyncLimiter(burst, burst * 60 / per_minute)
        self._tick_floor = burst * TICK_SHARE
        self._seconds_each = 60 / per_minute
        self._told = -LATE
        self._log = structlog.get_logger("slack.outbox")
        self._waiting: dict[tuple[str, str], Edit] = {}
        self._heard: dict[tuple[str, str], list[asyncio.Future[None]]] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._worker: asyncio.Task[None] | None = None

    @property
    def backlog(self) -> int:
        """How many edits wait; at most one for each message."""
        return len(self._waiting)

    def offer(self, edit: Edit) -> bool:
        """Take an edit to be sent soon; a tick is dropped (False) when there is no room for it."""
        key = (edit.channel, edit.ts)
        before = self._waiting.get(key)
        if not edit.owed and before is None and not self._room_for_tick():
            return False
        self._idle.clear()
        self._waiting[key] = replace(edit, owed=edit.owed or (before is not None and before.owed))
        self._wake.set()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="slack outbox")
        return True

    async def deliver(self, edit: Edit, *, within: float = DELIVERY) -> None:
        """Send an edit, or a later one for the same message, and returns once Slack has taken it.

        Raise ServiceError when Slack refused it for good, and when it did not take it `within` seconds: then
        it goes on waiting to be sent. Raise NotInvited where the bot may not speak any more.
        """
        key = (edit.channel, edit.ts)
        heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heard.setdefault(key, []).append(heard)
        self.offer(replace(edit, owed=True))
        try:
            async with asyncio.timeout(within):
                await heard
        except TimeoutError:
            text = f"it did not take an edit within {within:g} s"
            raise ServiceError(Problem(ProblemKind.TIMED_OUT, "Slack", text)) from None

    async def close(self, grace: float = 3.0) -> None:
        """Send what is owed for up to `grace` seconds, then ends."""
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
            self._show_backlog()
            pause = await self._send(self._next(), pause)
            await asyncio.sleep(pause)

    def _show_backlog(self) -> None:
        seconds, now = self.backlog * self._seconds_each, asyncio.get_running_loop().time()
        if seconds >= LATE and now >= self._told + LATE:
            self._told = now
            self._log.info("edits wait for Slack's budget", edits=self.backlog, seconds=round(seconds))

    async def _send(self, edit: Edit, pause: float) -> float:
        """Send one edit; returns how long to wait before the next, in seconds."""
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
            self._tell(key, error)
        except NotInvited as error:
            self._log.warning("a card can be edited no more", reason=str(error))
            self._tell(key, error)
        except Exception as error:  # noqa: BLE001 - one message that cannot be rendered must not stop the others
            self._log.exception("an edit failed in an unexpected way")
            self._tell(key, error)
        else:
            self._tell(key, None)
        return 0.0

    def _tell(self, key: tuple[str, str], error: Exception | None) -> None:
        if key in self._waiting:
            return  # a newer edit is on its way: its end is the one to hear of
        for heard in self._heard.pop(key, []):
            if heard.done():
                continue
            if error is None:
                heard.set_result(None)
            else:
                heard.set_exception(error)
