from __future__ import annotations

import asyncio
from typing import Any

from handlers.slack.middleware import Ack, wait_for_ack


class Answer:
    """Bolt's ack, noting what it was given."""

    def __init__(self) -> None:
        self.given: list[dict[str, Any]] = []

    async def __call__(self, **answer: Any) -> str:
        self.given.append(answer)
        return "sent"


async def test_the_ack_waits_for_nothing_behind_it() -> None:
    """A scan takes seconds; Slack wants its answer within three."""
    answer, go_on, over = Answer(), asyncio.Event(), asyncio.Event()

    async def work(ack: Ack) -> None:
        assert await ack(text="hello") == "sent"
        await go_on.wait()
        over.set()

    await wait_for_ack(answer, work)
    ended_early = over.is_set()
    go_on.set()
    await over.wait()

    assert [{"text": "hello"}] == answer.given
    assert not ended_early


async def test_work_without_an_ack_is_waited_for() -> None:
    """A listener that fails before its ack still gets to say so in the ack."""
    answer, steps = Answer(), []

    async def work(_ack: Ack) -> None:
        await asyncio.sleep(0)
        steps.append("done")

    await wait_for_ack(answer, work)

    assert ["done"] == steps
