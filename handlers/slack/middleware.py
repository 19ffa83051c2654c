"""Runs listeners that continue after their ack, and tracks them for the shutdown."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeAlias

Ack: TypeAlias = Callable[..., Awaitable[Any]]

# Slack waits three seconds for an ack:
# https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
ACK_SECONDS = 3.0


async def wait_for_ack(ack: Ack, work: Callable[[Ack], Coroutine[Any, Any, None]]) -> None:
    """Start `work(ack)` as a task; return when it has acknowledged or ended, or after ACK_SECONDS.

    Bolt itself would poll every 10 ms for the ack, which keeps the process busy if there are a thousand
    commands at once.
    """
    acked = asyncio.get_running_loop().create_future()

    def finish(_: object = None) -> None:
        if not acked.done():
            acked.set_result(None)

    async def ack_and_finish(**answer: Any) -> Any:
        response = await ack(**answer)
        finish()
        return response

    asyncio.ensure_future(work(ack_and_finish)).add_done_callback(finish)
    await asyncio.wait([acked], timeout=ACK_SECONDS)


class ListenerTracker:
    """Counts pending acks and keeps references to listener tasks, which Bolt does not."""

    def __init__(self) -> None:
        self._pending_acks = 0
        self._no_pending_acks = asyncio.Event()
        self._no_pending_acks.set()
        self._tasks: set[asyncio.Task[Any]] = set()

    @contextlib.contextmanager
    def pending_ack(self) -> Iterator[None]:
        """Count an ack as pending until the block ends."""
        self._pending_acks += 1
        self._no_pending_acks.clear()
        try:
            yield
        finally:
            self._pending_acks -= 1
            if not self._pending_acks:
                self._no_pending_acks.set()

    async def wait_for_acks(self) -> None:
        """Wait until no ack is pending."""
        await self._no_pending_acks.wait()

    def track_current_task(self) -> None:
        """Track the current task until it ends. Called by each listener's task."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def cancel_all(self) -> None:
        """Cancel the listeners that are still running. Unfinished launches are in the store."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
