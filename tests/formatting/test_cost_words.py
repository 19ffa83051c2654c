"""What a launch may cost, in one sentence that is true to the cent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from look_samples import FAILED, LAUNCH, NOW, SUBMITTED

from bot.models.cost import Cost
from bot.models.launch import Verdict
from formatting.card.card import card, card_lines
from formatting.cost import cost_words, dollars
from formatting.messages import PresetSummary, presets

ONE = Cost(price_per_hour=0.85, machines=1, cap_hours=24, expected_hours=2)
SAID = "about $1.70 (2 h), at most about $20.40 for machines by the 24 h limit"


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (ONE, SAID),
        (
            replace(ONE, machines=4),
            "about $6.80 (2 h), at most about $81.60 for machines by the 24 h limit",
        ),
        (replace(ONE, expected_hours=None), "at most about $20.40 for machines by the 24 h limit"),
        (replace(ONE, price_per_hour=None), "price unknown"),
        (
            replace(ONE, price_per_hour=None, expected_hours=None, machines=8),
            "price unknown",
        ),
        (
            Cost(98.32, 2, cap_hours=168, expected_hours=1.5),
            "about $295 (1.5 h), at most about $33,036 for machines by the 168 h limit",
        ),
        (
            replace(ONE, price_per_hour=-0.0),
            "about $0.00 (2 h), at most about $0.00 for machines by the 24 h limit",
        ),
        (
            replace(ONE, price_per_hour=0.30, cap_hours=1 / 3, expected_hours=0.001),
            "about $0.01 (1 min), at most about $0.10 for machines by the 20 min limit",
        ),
        (
            Cost(100.1, 1, cap_hours=4 / 3),
            "at most about $134 for machines by the 1.33 h limit",
        ),
        (
            Cost(0.101, 1, cap_hours=1),
            "at most about $0.11 for machines by the 1 h limit",
        ),
        (
            replace(ONE, price_per_hour=0.0),
            "about $0.00 (2 h), at most about $0.00 for machines by the 24 h limit",
        ),
    ],
)
def test_expectation_and_cap_are_two_numbers(cost: Cost, words: str) -> None:
    """The price is of one machine: replicas multiply it, the expectation is hoped, the cap is enforced."""
    assert words == cost_words(cost)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("0.0004", "$0.01"),
        ("1.7", "$1.70"),
        ("20", "$20.00"),
        ("0.285", "$0.29"),
        ("99.994", "$99.99"),
        ("99.995", "$100"),
        ("100", "$100"),
        ("100.49", "$100"),
        ("100.5", "$101"),
        ("999.5", "$1,000"),
        ("1234567.8", "$1,234,568"),
    ],
)
def test_cents_below_a_hundred_dollars_whole_dollars_above(amount: str, shown: str) -> None:
    """Like a price, never "$1.7"; and nothing that costs money is shown as free."""
    assert shown == dollars(Decimal(amount))


def test_the_first_card_and_the_terminal_say_what_it_may_cost() -> None:
    """Whoever mistyped a preset must see it before the money is gone."""
    first = card(LAUNCH, NOW)

    assert f"Cost: {SAID}" in str(first.blocks)
    assert f"Cost: {SAID}" in first.text
    assert f"Cost: {SAID}" in card_lines(LAUNCH, NOW)


def test_a_card_says_no_cost_where_none_is_known_or_none_came() -> None:
    """A launch of an older bot has no price in the store; one that never got a job spent nothing."""
    told = [
        "Cost:" in card(launch, NOW).text
        for launch in (
            replace(LAUNCH, cost=None),
            FAILED,
            replace(LAUNCH, verdict=Verdict.CANCELLED),
            SUBMITTED,
            replace(SUBMITTED, verdict=Verdict.FAILED),
        )
    ]

    assert [False, False, False, True, True] == told


def test_the_cost_of_a_preset_is_never_cut() -> None:
    """A long description may lose its end; the price may not."""
    dear = Cost(price_per_hour=99_999.99, machines=64, cap_hours=167.99, expected_hours=166.66)
    long = PresetSummary("x" * 40, "words " * 80, "machine " * 40, dear, overrides=("key_" * 9,) * 30)

    message = presets([long] * 30)

    assert 30 == str(message.blocks).count(cost_words(dear))
    assert all(len(block["text"]["text"]) <= 3000 for block in message.blocks if block["type"] == "section")
