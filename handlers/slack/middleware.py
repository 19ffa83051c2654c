"""A listener goes on after its ack; whoever sends the ack waits for that, and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

Ack: TypeAlias = Callable[..., Awaitable[Any]]

# Slack waits three seconds for an ack; one that takes longer is lost anyway:
# https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
ACK_SECONDS = 3.0


async def until_acked(ack: Ack, work: Callable[[Ack], Coroutine[Any, Any, None]]) -> None:
    """Starts `work(ack)` as a task of its own; returns once it has acknowledged, or is over, or too late.

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
