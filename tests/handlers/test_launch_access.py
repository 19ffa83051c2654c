"""Who may launch, and where: refusals are private, name whom to ask, and start nothing."""

from __future__ import annotations

import pytest
from bed import bot_on

NOBODY: dict[str, object] = {"users": [], "channels": []}


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (NOBODY, "Nobody may launch yet"),
        ({"users": ["U0BOB"]}, "You may not launch with this bot"),
        ({"channels": ["C0EVALS"]}, "not allowed in this channel"),
    ],
)
async def test_a_person_who_may_not_launch_is_told_whom_to_ask(access: dict[str, object], words: str) -> None:
    """GPU money is spent by those whom the settings name; until they do, by nobody; each refusal is noted."""
    async with bot_on(tables={"access": access}) as bed:
        outcome = await bed.type("/launch")
        (entry,) = await bed.store.audit.entries(since=bed.start)

        assert words in outcome.response["text"]
        assert "Nothing was started" in outcome.response["text"]
        assert "Ask @alice" in outcome.response["text"]
        assert "ephemeral" == outcome.response["response_type"]
        assert ("U0ALICE", "launch", "refused") == (entry.actor, entry.action, entry.outcome)
        assert ([], {}, ()) == (bed.slack.messages("#training"), bed.effects(), await bed.launches())


async def test_presets_shows_only_what_this_person_may_launch_here() -> None:
    """A list that offers what is then refused would send people in circles."""
    async with bot_on(tables={"access": NOBODY}) as bed:
        outcome = await bed.type("/launch presets")

    assert "No preset may be launched here" in outcome.response["text"]


@pytest.mark.parametrize("channel", ["#random", "#secret"])
async def test_a_channel_without_the_bot_gets_a_private_invitation_and_nothing_starts(channel: str) -> None:
    """Without a card nobody would see what was started; a private channel answers as if it were not there."""
    async with bot_on() as bed:
        await bed.type("/launch", channel=channel)
        await bed.until_shown("I am not in this channel", channel)
        await bed.settled("refused")

        assert "/invite @launch-control" in bed.shown(channel)
        assert "nothing was started" in bed.shown(channel)
        assert "I am not" not in bed.shown("#random", reader="bob")
        assert {} == bed.effects()


@pytest.mark.parametrize("channel", ["#random", "#secret"])
async def test_monitor_in_a_channel_without_the_bot_says_so_privately(channel: str) -> None:
    """The tables would have nowhere to go, and silence looks like an outage."""
    async with bot_on() as bed:
        await bed.type("/monitor jobs", channel=channel)
        await bed.until_shown("I am not in this channel", channel)

        assert "/monitor jobs" in bed.shown(channel)
