from __future__ import annotations

import pytest
from slack_parts import Json, actions, button, mrkdwn, option, overflow, plain, refusal_of, section, select

# name -> (blocks, error word, a message that must be among Slack's)
BAD: dict[str, tuple[list[Json], str, str]] = {
    "unknown type": (
        [{"type": "sectoin"}],
        "invalid_blocks",
        "unsupported type: sectoin [json-pointer:/blocks/0/type]",
    ),
    "51 blocks": ([section()] * 51, "invalid_blocks", "no more than 50 items allowed [json-pointer:/blocks]"),
    "3,001 characters": (
        [section("x" * 3_001)],
        "invalid_blocks",
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "empty text": (
        [section("")],
        "invalid_blocks",
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    "section of nothing": (
        [{"type": "section"}],
        "invalid_blocks",
        "must define either `text` or `fields` [json-pointer:/blocks/0/type]",
    ),
    "eleven fields": (
        [{"type": "section", "fields": [mrkdwn()] * 11}],
        "invalid_blocks",
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "field of 2,001": (
        [{"type": "section", "fields": [mrkdwn("x" * 2_001)]}],
        "invalid_blocks",
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    "header of 151": (
        [{"type": "header", "text": plain("x" * 151)}],
        "invalid_blocks",
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "mrkdwn header": (
        [{"type": "header", "text": mrkdwn()}],
        "invalid_blocks",
        "must be a valid enum value: plain_text [json-pointer:/blocks/0/text/type]",
    ),
    "emoji flag on mrkdwn": (
        [{"type": "section", "text": mrkdwn() | {"emoji": True}}],
        "invalid_blocks",
        "invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    "eleven context elements": (
        [{"type": "context", "elements": [plain()] * 11}],
        "invalid_blocks",
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "26 buttons": (
        [actions(*[button(action_id=str(n)) for n in range(26)])],
        "invalid_blocks",
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "button text of 76": (
        [actions(button(text=plain("x" * 76)))],
        "invalid_blocks",
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "button value of 2,001": (
        [actions(button(value="x" * 2_001))],
        "invalid_blocks",
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "button with disabled": (
        [actions(button(disabled=True))],
        "invalid_blocks",
        "invalid additional property: disabled [json-pointer:/blocks/0/elements/0]",
    ),
    "button to nowhere": (
        [actions(button(url=""))],
        "invalid_blocks",
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/url]",
    ),
    "button with a made-up style": (
        [actions(button(style="green"))],
        "invalid_blocks",
        "must be a valid enum value: danger, primary [json-pointer:/blocks/0/elements/0/style]",
    ),
    "confirm title of 101": (
        [actions(button(confirm={"title": plain("x" * 101), "text": plain()}))],
        "invalid_blocks",
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    "confirm label of 31": (
        [actions(button(confirm={"title": plain(), "text": plain(), "confirm": plain("x" * 31)}))],
        "invalid_blocks",
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]",
    ),
    "twin action ids": (
        [actions(button(), button())],
        "invalid_blocks",
        "`action_id` go already exists [json-pointer:/blocks/0/elements/1/action_id]",
    ),
    "twin block ids": (
        [section(block_id="a"), section(block_id="a")],
        "invalid_blocks",
        "`block_id` a already exists [json-pointer:/blocks/1/block_id]",
    ),
    "block id of 256": (
        [section(block_id="x" * 256)],
        "invalid_blocks",
        "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ),
    "101 options": (
        [actions(select(101))],
        "invalid_blocks",
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "option text of 76": (
        [actions(select(options=[option("x" * 76)]))],
        "invalid_blocks",
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    "option value of 151": (
        [actions(select(options=[option(value="x" * 151)]))],
        "invalid_blocks",
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    "option with an empty url": (
        [actions(select(options=[option() | {"url": ""}]))],
        "invalid_blocks",
        "invalid additional property: url [json-pointer:/blocks/0/elements/0/options/0]",
    ),
    "initial option not offered": (
        [actions(select(initial_option=option("Other", "other")))],
        "invalid_blocks",
        "must be one of the provided options [json-pointer:/blocks/0/elements/0/initial_option]",
    ),
    "overflow of one": (
        [actions(overflow(1))],
        "invalid_blocks",
        "no fewer than 2 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "overflow of six": (
        [actions(overflow(6))],
        "invalid_blocks",
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "text input in a message": (
        [actions({"type": "plain_text_input", "action_id": "a"})],
        "invalid_blocks",
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_wrong_texts_and_elements_are_refused_with_slacks_words(name: str) -> None:
    """Each mistake is named with Slack's word and place: a bot must be able to react."""
    blocks, expected_word, message = BAD[name]
    word, messages = refusal_of(blocks)

    assert expected_word == word
    assert message in messages
