"""/launch with arguments that start nothing, and the answers."""

from __future__ import annotations

import pytest
from bed import Bed, bot_on

# What is typed, and what the one private sentence must hold: what was wrong, what is allowed, an example.
BAD = (
    ("/launch nonsense", ("There is no preset 'nonsense'", "bert-small, llama-lora", "Example: /launch")),
    ("/launch bert-smal", ("Did you mean bert-small?",)),
    ("/launch bert-small lrr=0.1", ("no setting lrr", "Did you mean lr?", "Allowed: lr, epochs", "Example:")),
    ("/launch bert-small lr=fast", ("lr=fast is not allowed", "a number at least 1e-06", "Example: lr=")),
    ("/launch bert-small lr=nan", ("lr=nan is not allowed",)),
    ("/launch bert-small epochs=2.5", ("epochs must be a whole number at least 1 and at most 20",)),
    ("/launch bert-small epochs=21", ("epochs=21 is not allowed",)),
    ("/launch bert-small optimizer=lion", ("one of adamw, sgd", "Example: optimizer=adamw")),
    ("/launch bert-small lr=0.1 lr=0.01", ("lr is given twice", "give it once")),
    ("/launch bert-small lr", ("'lr' is not understood", "key=value", "Example: /launch")),
    ("/launch bert-small lr=", ("'lr=' is not understood",)),
    ("/launch bert-small =1", ("'=1' is not understood",)),
    ("/launch bert-small extra words", ("'extra' is not understood",)),
    ('/launch bert-small optimizer="adamw', ("A quote is not closed", "Example: /launch")),
    ("/launch " + "x" * 3000, ("too long", "at most 2000 characters", "Example: /launch")),
    ("/launch help me", ("/launch help takes no more words",)),
    ("/launch cancel", ("which launch to cancel", "Example: /launch cancel k3x9a2bq")),
    ("/launch cancel nosuchid", ("There is no launch 'nosuchid'", "/launch status")),
)
GOOD = (
    ("/launch help", ("starts a training job", "/launch presets", "/launch status", "/launch cancel")),
    (
        "/launch presets",
        (
            "bert-small",
            "(default)",
            "one L4",
            "about $1.70 (2 h), at most about $20.40 for machines by the 24 h limit",
            "you may set lr",
            "llama-lora",
            "· at most about $98.40 for machines by the 24 h limit",
        ),
    ),
)


async def test_what_is_not_understood_is_answered_privately_and_starts_nothing() -> None:
    """One sentence with what was wrong, what is allowed and an example: nobody pays for a typing mistake."""
    async with bot_on() as bed:
        wrong = [await _answer(bed, text, wanted) for text, wanted in (*BAD, *GOOD)]
        seen_by_others = bed.slack.messages("#training")

        assert [] == [sentence for sentence in wrong if sentence]
        assert ((), {}) == (await bed.launches(), bed.effects())
    assert [] == seen_by_others


async def _answer(bed: Bed, text: str, wanted: tuple[str, ...]) -> str:
    """What is wrong with the answer to one command; empty when all is well."""
    outcome = await bed.type(text)
    said = str(outcome.response.get("text", "")) + str(outcome.response.get("blocks", ""))
    lacking = [words for words in wanted if words not in said.replace("&gt;", ">")]
    private = outcome.response.get("response_type") == "ephemeral"
    short = len(str(outcome.response.get("text", ""))) < 900
    return "" if outcome.ok and private and short and not lacking else f"{text[:40]}: lacks {lacking}: {said}"


@pytest.mark.parametrize(
    ("text", "overrides"),
    [
        (
            "/launch bert-small optimizer=\u201cadamw\u201d lr=0.001",
            (("optimizer", "adamw"), ("lr", "0.001")),
        ),
        ("/launch lr=0.001", (("lr", "0.001"),)),
        ("/launch   bert-small    epochs=3  ", (("epochs", "3"),)),
    ],
)
async def test_what_phones_and_people_make_of_a_command_is_understood(
    text: str, overrides: tuple[tuple[str, str], ...]
) -> None:
    """Smart quotes, no preset, loose blanks: the override reaches the job's own arguments."""
    async with bot_on() as bed:
        await bed.type(text)
        await bed.until(bed.queued)
        (launch,) = await bed.launches()
        (item,) = [item for item in bed.stage.world.items.values() if launch.launch_id in str(item.spec)]

    assert overrides == launch.overrides
    assert all(f"--{key}={value}" in str(item.spec) for key, value in overrides)


async def test_status_lists_mine_first_and_is_private() -> None:
    """The user's own launches come first in an ephemeral list."""
    async with bot_on() as bed:
        await bed.type("/launch")
        await bed.type("/launch llama-lora", user="bob")
        await bed.until(lambda: len(bed.slack.messages("#training")) >= 2)
        await bed.type("/launch status", user="alice")
        await bed.until(lambda: any("on its way" in note or "job" in note for note in bed.notes("alice")))
        note = bed.notes("alice")[-1]

        assert note.index("U0ALICE") < note.index("U0BOB")
        assert [] == bed.notes("bob")
