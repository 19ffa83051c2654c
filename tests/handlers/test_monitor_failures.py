"""What stands under the tables when something failed: the cause, the mend, and what it costs to know them."""

from __future__ import annotations

from bed import bot_on, said, scenario
from test_monitor import replies, whole

from bot.sandbox.world.scenario import ItemTable, JobTable


async def test_a_failed_queue_item_is_explained_without_a_log() -> None:
    """The agent lives on after it failed an item: no runner and no job failed, and W&B alone knows why."""
    async with bot_on() as bed:
        await bed.type("/monitor runs")
        (reply,) = await whole(bed, 1)

        assert "whisper-small-nl" in said(reply)
        assert "jonas" in said(reply)
        assert "a3-highgpu-1g" in said(reply)
        assert "What to do:" in said(reply)
        assert [] == [key for key in bed.stage.world.calls if key[0] == "logging"]


async def test_a_job_that_expired_while_waiting_costs_no_read() -> None:
    """It has no log: asking again with every scan ate the budget of those that have one."""
    expired = JobTable.model_validate(
        {"job_id": "7000000000000000001", "name": "waited-too-long", "state": "EXPIRED", "ago": "2d"}
    )
    async with bot_on(scenario("region-denied", job=(expired,), fault=())) as bed:
        await bed.type("/monitor jobs")
        await whole(bed, 1)

        assert "It was not started within the time that it may wait" in said(replies(bed)[0])
        assert [] == [key for key in bed.stage.world.calls if key[0] == "logging"]


async def test_items_that_failed_long_ago_are_only_counted() -> None:
    """W&B keeps them for ever, and last month's mistake is nobody's news."""
    old = ItemTable.model_validate(
        {"item_id": "old1", "queue": "vertex-ai-queue", "state": "FAILED", "ago": "30d", "error": "400 no"}
    )
    async with bot_on(scenario("region-denied", item=(old,), fault=())) as bed:
        await bed.type("/monitor runs")
        (reply,) = await whole(bed, 1)

        assert "1 queue item failed more than a day ago." in said(reply)
        assert "nothing failed lately" not in said(reply)
