"""A listener goes on after its ack; whoever sends the ack waits for that, and no longer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeAlias

Ack: TypeAlias = Callable[..., Awaitable[Any]]

# Slack waits three seconds for an ack; one that takes longer is lost anyway:
# https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
ACK_SECONDS = 3.0


async def wait_for_ack(ack: Ack, work: Callable[[Ack], Coroutine[Any, Any, None]]) -> None:
    """Start `work(ack)` as a task of its own; returns once it has acknowledged, or is over, or too late.

    Left to itself, Bolt looks every hundredth of a second whether the ack has been given: a thousand
    commands at once then keep the process busy with looking.
    """
    answered = asyncio.get_running_loop().create_future()

    def end(_: object = None) -> None:
        if not answered.done():
            answered.set_result(None)

    async def telling(**answer: Any) -> Any:
        response = await ack(**answer)
        end()
        return response

    asyncio.ensure_future(work(telling)).add_done_callback(end)
    await asyncio.wait([answered], timeout=ACK_SECONDS)


class ListenerTracker:
    """Counts answers under way and keeps the tasks of listeners, which Bolt starts and forgets."""

    def __init__(self) -> None:
        self._answers = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._tasks: set[asyncio.Task[Any]] = set()

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Around everything from a payload's arrival to the end of its ack."""
        self._answers += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._answers -= 1
            if not self._answers:
                self._quiet.set()

    async def answered(self) -> None:
        """Return once every ack is out."""
        await self._quiet.wait()

    def working(self) -> None:
        """Called by a listener's own task: it is known here until it ends."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """End the listeners that still work; what they owe a launch is in the store."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
