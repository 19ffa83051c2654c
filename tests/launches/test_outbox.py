from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from bot.clients.slack import EditQueue
from bot.clients.slack.edit_queue import Edit
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.ports import NotInvited

Send = Callable[[], Awaitable[None]]


@pytest.fixture
async def edit_queue() -> AsyncIterator[EditQueue]:
    made = EditQueue(per_minute=600)
    yield made
    await made.close(grace=0)


class Wall:
    """Where edits arrive; it can be away, or refuse for good."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.failures: list[Exception] = []

    def edit(self, ts: str, words: str, *, owed: bool = True) -> Edit:
        async def send() -> None:
            await asyncio.sleep(0)
            if self.failures:
                raise self.failures.pop(0)
            self.sent.append(words)

        return Edit(channel="C", ts=ts, send=send, owed=owed)


def failure(kind: ProblemKind, retry_after: float | None = None) -> ServiceError:
    return ServiceError(Problem(kind, "Slack", "no", retry_after=retry_after))


async def test_changes_of_state_go_before_ticks(edit_queue: EditQueue) -> None:
    """Elapsed seconds are worth nothing when a job has failed: what is owed is sent first."""
    wall = Wall()
    edit_queue.offer(wall.edit("1", "tick", owed=False))
    edit_queue.offer(wall.edit("2", "failed"))
    await edit_queue.deliver(wall.edit("3", "succeeded"))
    await edit_queue.close()

    assert ["failed", "succeeded", "tick"] == wall.sent


async def test_a_tick_finds_no_room_beside_what_is_owed(edit_queue: EditQueue) -> None:
    """Ticks are dropped, never queued: the backlog holds one edit a card at most, all of them owed."""
    wall = Wall()
    for number in range(50):
        edit_queue.offer(wall.edit(str(number % 5), f"state {number}"))

    taken = edit_queue.offer(wall.edit("new", "tick", owed=False))

    assert (False, 5) == (taken, edit_queue.backlog)


async def test_only_the_latest_edit_of_a_card_is_sent(edit_queue: EditQueue) -> None:
    """A card is shown as it is, not as it was: edits that wait are replaced by newer ones."""
    wall = Wall()
    for number in range(10):
        edit_queue.offer(wall.edit("1", f"state {number}"))
    await edit_queue.deliver(wall.edit("1", "the end"))

    assert ["the end"] == wall.sent


async def test_the_budget_is_kept() -> None:
    """Slack allows about 50 edits a minute and workspace: a burst is small, and the rest are spread."""
    edit_queue, wall = EditQueue(per_minute=60), Wall()
    for number in range(30):
        edit_queue.offer(wall.edit(str(number), "x"))
    clock = asyncio.get_running_loop().time
    began = clock()
    await asyncio.sleep(1.5)
    sent, lasted = len(wall.sent), clock() - began
    await edit_queue.close(grace=0)

    assert 8 <= sent <= 8 + lasted + 1
    assert 30 == sent + edit_queue.backlog


async def test_a_backlog_is_shown_in_the_log() -> None:
    """Cards that are a minute late look broken: whoever reads the log sees how many wait, for how long."""
    edit_queue, wall = EditQueue(per_minute=60), Wall()
    with capture_logs() as told:
        for number in range(30):
            edit_queue.offer(wall.edit(str(number), "x"))
        async with asyncio.timeout(10):
            while not wall.sent:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
    await edit_queue.close(grace=0)

    assert [("edits wait for Slack's rate limit", 30, 30)] == [
        (line["event"], line["edits"], line["seconds"]) for line in told
    ]


async def test_an_edit_that_slack_did_not_take_is_sent_again(edit_queue: EditQueue) -> None:
    """429 and 5xx delay an edit; nothing that is owed is lost."""
    wall = Wall()
    wall.failures = [failure(ProblemKind.EXHAUSTED, 0.05), failure(ProblemKind.UNAVAILABLE)]

    await edit_queue.deliver(wall.edit("1", "the end"))

    assert ["the end"] == wall.sent


@pytest.mark.parametrize(
    ("error", "raised"), [(failure(ProblemKind.INVALID), ServiceError), (NotInvited("gone"), NotInvited)]
)
async def test_a_refusal_for_good_is_told_to_whoever_waits(
    edit_queue: EditQueue, error: Exception, raised: type[Exception]
) -> None:
    """A launch must not wait for ever for an edit that will never be taken."""
    wall = Wall()
    wall.failures = [error]

    with pytest.raises(raised):
        await edit_queue.deliver(wall.edit("1", "the end"))

    assert (0, []) == (edit_queue.backlog, wall.sent)


async def test_a_long_absence_is_told_and_the_edit_still_waits(edit_queue: EditQueue) -> None:
    """Whoever waits hears in time that Slack is away; the edit is sent when it is back."""
    wall = Wall()
    wall.failures = [failure(ProblemKind.UNAVAILABLE, 0.3)]

    with pytest.raises(ServiceError, match="did not take an edit"):
        await edit_queue.deliver(wall.edit("1", "the end"), within=0.1)
    assert 1 == edit_queue.backlog
    async with asyncio.timeout(20):
        while not wall.sent:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)

    assert ["the end"] == wall.sent
