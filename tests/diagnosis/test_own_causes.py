"""A team's own causes, from its settings file."""

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
    """A team knows its own messages best: its cause wins over a built-in one that fits too."""
    lines = [
        "Traceback (most recent call last):",
        '  File "x.py", line 1, in f',
        "ConnectionError: shard index 7a is stale",
    ]
    said = diagnose_lines([*lines, "Job failed."], source="vertex", rules=(*parse_rules([_GOOD]), *RULES))

    assert (said.cause_id, said.category) == ("shards.stale", "data_missing")
    assert said.advice == "Run make shards for 7a."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"category": "bad_luck"}, 'a category "bad_luck" that does not exist; allowed are auth_invalid_key'),
        ({"category": "none"}, 'a category "none" that does not exist'),
        ({"id": ""}, "needs id, a text"),
        ({"advice": 3}, "needs advice, a text"),
        ({"patterns": "stale"}, "has patterns that is no list of texts"),
        ({"patterns": []}, "says neither patterns nor exceptions"),
        ({"patterns": ["("]}, "is no regular expression"),
        ({"patterns": ["(a+)+b"]}, "could take for ever"),
        ({"patterns": ["x*"]}, "fits every line"),
        (
            {"sources": ["slack"]},
            'a source "slack" that does not exist; allowed are cloud_run, vertex, cloud_build',
        ),
        ({"colour": "red"}, 'a key "colour" that no cause has'),
    ],
)
def test_mistake_is_told(change: dict[str, object], words: str) -> None:
    """Each mistake is told in one sentence that names the cause and what is allowed."""
    with pytest.raises(RuleError) as caught:
        parse_rules([{**_GOOD, **change}])

    assert words in str(caught.value)


def test_same_id_twice() -> None:
    """Two causes of one id cannot be told apart in reports."""
    with pytest.raises(RuleError, match=r'Two causes have the id "shards.stale"'):
        parse_rules([_GOOD, _GOOD])
