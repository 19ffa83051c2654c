"""What only one person sees: it stands where they pressed, and names things as they know them."""

from __future__ import annotations

from bed import bot_on, said

JOB = "cancel|jobs|us-east4|5120987734410149888"


async def test_a_private_answer_stands_in_the_thread_in_which_somebody_pressed() -> None:
    """A phone shows a thread alone: a question in the channel behind it was never seen."""
    async with bot_on() as bed:
        await bed.type("/monitor jobs")
        await bed.until_shown("Act on...")
        parent = bed.slack.messages("#training")[0]
        await bed.slack.press("alice", "#training", "monitor_act", option=JOB)
        await bed.until(lambda: bed.notes("alice"))
        await bed.slack.press("bob", "#training", "monitor_act", option=JOB)
        await bed.until(lambda: bed.notes("bob"))
        notes = (bed.slack.ephemerals("alice")[0], bed.slack.ephemerals("bob")[0])

        assert [parent.ts] * 2 == [note.body.get("thread_ts") for note in notes]


async def test_the_question_before_a_cancel_names_the_row_as_it_was_chosen() -> None:
    """Who chose "Cancel llama-8b-sft-v2" does not know 5120987734410149888 again."""
    async with bot_on() as bed:
        await bed.type("/monitor jobs")
        await bed.until_shown("Act on...")
        await bed.slack.press("alice", "#training", "monitor_act", option=JOB)
        await bed.until(lambda: bed.notes("alice"))
        asked = bed.notes("alice")[0]
        await bed.slack.press("alice", "#training", "row_cancel")
        await bed.until(lambda: "Cancelling" in said(bed.slack.ephemerals("alice")[0]))

        assert "Cancel `llama-8b-sft-v2`?" in asked
        assert "Cancelling `llama-8b-sft-v2`." in said(bed.slack.ephemerals("alice")[0])
        assert {"CancelCustomJob": 1} == bed.effects()
