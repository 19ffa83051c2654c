"""Every rule matches its samples and does not match its counter-samples."""

from __future__ import annotations

import re

import pytest

from bot.diagnosis import RULES, Rule, diagnose_lines
from bot.diagnosis.engine import find_candidates
from bot.diagnosis.keywords import KeywordIndex, pattern_hints
from bot.diagnosis.parsing.lines import LogLines, lower
from bot.diagnosis.rules import GUESSES
from bot.diagnosis.rules.matcher import compile_pattern, matcher_for
from bot.models.diagnosis import Category, Confidence, Source

_SAMPLES = [(rule, sample) for rule in RULES for sample in rule.samples]
_COUNTERS = [(rule, counter) for rule in RULES for counter in rule.counters]


def _recognised(text: str, rule: Rule) -> list[str]:
    rows = LogLines(text.split("\n"))
    source = rule.sources[0] if rule.sources else Source.VERTEX
    candidates, _ = find_candidates(rows, range(len(rows)), matcher_for(RULES), source)
    heaviest = sorted(candidates, key=lambda candidate: -candidate.weight)
    return [candidate.match.rule.id for candidate in heaviest if candidate.match is not None]


@pytest.mark.parametrize(
    ("rule", "sample"), _SAMPLES, ids=lambda value: getattr(value, "id", str(value)[:40])
)
def test_sample(rule: Rule, sample: str) -> None:
    """A sample matches its own rule first, so that no other rule shadows it."""
    assert [rule.id] == _recognised(sample, rule)[:1]


@pytest.mark.parametrize(
    ("rule", "counter"), _COUNTERS, ids=lambda value: getattr(value, "id", str(value)[:40])
)
def test_counter_sample(rule: Rule, counter: str) -> None:
    """A counter-sample does not match the rule, although it contains similar words."""
    assert rule.id not in _recognised(counter, rule)


@pytest.mark.parametrize("rule", GUESSES, ids=lambda rule: rule.id)
def test_guess(rule: Rule) -> None:
    """An error that no rule matches gets the category of a fallback rule, and the advice says "probably"."""
    lines = ["start", f"ERROR: {rule.samples[0]}", "Container called exit(1)."]
    said = diagnose_lines(lines, source="cloud_run")

    assert (said.root_cause_index, said.category, said.confidence) == (1, rule.category, Confidence.LOW)
    assert "probably" in said.advice


def test_guess_keeps_what_the_error_goes_on_with() -> None:
    """The summary of an unknown error keeps the continuation of its message."""
    lines = ["start", "ERROR: the plan must name a colour:", "  colours known here: red, blue"]
    said = diagnose_lines([*lines, "Container called exit(1)."], source="cloud_run")

    assert said.category is Category.CONFIG_ERROR
    assert "red, blue" in said.summary


def test_no_guess_about_a_build() -> None:
    """A missing object in a build means that the build failed, not that a name is wrong."""
    lines = ["ERROR: the plan of that name was not found", 'ERROR: build step 0 "plan" failed']

    assert diagnose_lines(lines, source="cloud_build").category is Category.BUILD_FAILURE


def test_every_rule_is_complete() -> None:
    """Each rule has a unique id, advice that ends as a sentence, a sample, and a condition."""
    ids = [rule.id for rule in RULES]
    poor = [
        c.id
        for c in RULES
        if not (c.samples and c.advice.endswith(".") and (c.patterns or c.exceptions or c.raised_in))
    ]

    assert len(set(ids)) == len(ids)
    assert poor == []


def test_advice_names_only_caught_parts() -> None:
    """Each placeholder of an advice is a group of one of the rule's patterns."""
    wrong = []
    for rule in RULES:
        caught = {name for pattern in rule.patterns for name in compile_pattern(pattern).groupindex}
        wrong += [rule.id for name in re.findall(r"\{(\w+)\}", rule.advice) if name not in caught]

    assert wrong == []


def test_every_category_has_a_rule() -> None:
    """Each category has a rule."""
    assert set(Category) - {Category.NONE} == {rule.category for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_hints_never_hide_a_match(rule: Rule) -> None:
    """Each match of a pattern contains one of its keywords and begins with one of its prefixes."""
    for pattern in rule.patterns:
        hints = pattern_hints(pattern)
        for text in (sample for _, sample in _SAMPLES):
            found = compile_pattern(pattern).search(text)
            if found is None:
                continue

            assert not hints.keywords or any(word in found[0].lower() for word in hints.keywords)
            assert not hints.prefixes or found[0].lower().startswith(hints.prefixes)


@pytest.mark.parametrize(
    ("pattern", "keywords", "prefixes"),
    [
        (r"no space left on device", {"no space left on device"}, {"no space left on devi"}),
        (r"failed to (?:pull|push) \S+ image", {"failed to "}, {"failed to pull ", "failed to push "}),
        (r"colou?r", {"colo"}, {"color", "colour"}),
        (r"abc|bcd", {"abc", "bcd"}, {"abc", "bcd"}),
        (r"a|bcd", {"a", "bcd"}, set()),
        (r"(?:abc)?bcd", {"bcd"}, {"abcbcd", "bcd"}),
        (r"\[Errno 28\]", {"[errno 28]"}, {"[errno 28]"}),
        (r"x{2}yes[^\]]?no", {"yes"}, set()),
        (r"(?<!x)(?=f)foo", {"foo"}, {"foo"}),
        (r"^\S+ failed", {" failed"}, set()),
        (r"\d+", set(), set()),
        (r"ab+cde", {"cde"}, set()),
    ],
)
def test_hints(pattern: str, keywords: set[str], prefixes: set[str]) -> None:
    """The keywords are those of the set with the longest shortest word, or empty if none is certain."""
    hints = pattern_hints(pattern)

    assert keywords == set(hints.keywords)
    assert prefixes == {start[:21] for start in hints.prefixes}


def test_keyword_index_finds_all() -> None:
    """The keyword index finds exactly the keywords that the text contains."""
    numbers = {rule.id: [at] for at, rule in enumerate(RULES)} | {"oom": [900], "": [901]}
    words = KeywordIndex(numbers)
    for text in ("an oom in gpu_memory.cuda", "network.dnsnetwork.tls", "ab", ""):
        expected = {number for word, meant in numbers.items() if word in text for number in meant}

        assert expected == words.lookup(text)


def test_lower_keeps_places() -> None:
    """Lower-casing keeps the length of a text, so that positions are the same."""
    text = "".join(chr(code) for code in range(0x11000) if not 0xD800 <= code < 0xE000)

    assert len(text) == len(lower(text))
