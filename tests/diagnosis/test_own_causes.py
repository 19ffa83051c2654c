"""User-defined rules from the settings file's `[[cause]]` tables."""

from __future__ import annotations

import pytest

from bot.diagnosis import RULES, RuleError, diagnose_lines, parse_rules

_GOOD = {
    "id": "shards.stale",
    "category": "data_missing",
    "patterns": [r"shard index (?P<shard>\S+) is stale"],
    "advice": "Run make shards for {shard}.",
}


def test_own_cause_comes_before_the_built_in_ones() -> None:
    """A user-defined rule wins over a built-in rule that also matches."""
    lines = [
        "Traceback (most recent call last):",
        '  File "x.py", line 1, in f',
        "ConnectionError: shard index 7a is stale",
    ]
    said = diagnose_lines([*lines, "Job failed."], source="vertex", causes=(*parse_rules([_GOOD]), *RULES))

    assert (said.cause_id, said.category) == ("shards.stale", "data_missing")
    assert said.advice == "Run make shards for 7a."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"category": "bad_luck"}, 'a category "bad_luck" that does not exist; allowed are auth_invalid_key'),
        ({"category": "none"}, 'a category "none" that does not exist'),
        ({"id": ""}, "needs id, a non-empty string"),
        ({"advice": 3}, "needs advice, a non-empty string"),
        ({"patterns": "stale"}, "has patterns that is not a list of non-empty strings"),
        ({"patterns": []}, "needs patterns or exceptions"),
        ({"patterns": ["("]}, 'an invalid regular expression "("'),
        ({"patterns": ["(a+)+b"]}, "could take very long"),
        ({"patterns": ["x*"]}, "matches every line"),
        (
            {"sources": ["slack"]},
            'a source "slack" that does not exist; allowed are cloud_run, vertex, cloud_build',
        ),
        ({"colour": "red"}, 'an unknown key "colour"'),
    ],
)
def test_mistake_is_told(change: dict[str, object], words: str) -> None:
    """The error for each mistake names the table and what is allowed."""
    with pytest.raises(RuleError) as caught:
        parse_rules([{**_GOOD, **change}])

    assert words in str(caught.value)


def test_same_id_twice() -> None:
    """Two rules cannot have the same id."""
    with pytest.raises(RuleError, match=r'Two causes have the id "shards.stale"'):
        parse_rules([_GOOD, _GOOD])
